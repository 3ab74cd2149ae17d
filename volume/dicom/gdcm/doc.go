// Package gdcm unpacks compressed DICOM pixels (JPEG, JPEG-LS, JPEG 2000) with GDCM, compiled to WebAssembly.
//
// The module is ITK-Wasm's gdcm-read-image.wasi.wasm, release 1.6.1 (see NOTICE), which is embedded with bzip2
// compression. It runs under wazero, in pure Go. It is compiled when the first compressed picture is read, has bounded
// memory and time, and sees only one read-only file in memory. Whatever a damaged or malicious picture does to the decoder,
// it cannot leave this sandbox, and after a failure, the next picture gets a new instance.
package gdcm

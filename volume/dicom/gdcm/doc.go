// Package gdcm unpacks compressed DICOM pixels (JPEG, JPEG-LS, JPEG 2000) with GDCM, compiled to WebAssembly.
//
// The module is ITK-Wasm's gdcm-read-image.wasi.wasm, release 1.6.1 (see NOTICE), embedded packed with bzip2. It
// runs under wazero, in pure Go: compiled once, when the first compressed picture comes, with bounded memory and
// time, and one read-only file in memory as all that it can see. Whatever a damaged or malicious picture makes of
// the decoder, it cannot leave that sandbox; after a picture that went wrong the next one starts anew.
package gdcm

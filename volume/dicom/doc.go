// Package dicom reads and writes individual DICOM files: data sets, nested sequences, and pixel data in every
// transfer syntax that scanners and archives use. Package volume knows what the files mean together (series,
// stacks, segmentations).
//
// A parsed data set is a view of the bytes of its file: values are slices of them, so a length field never
// causes an allocation, and sequences are skipped until somebody asks for them. This is why the package has
// its own parser: general-purpose parsers allocate whatever a length field says and recurse as deep as the
// file does, and Go cannot recover from running out of memory or stack.
//
// Where to start reading: parse.go (a file's elements), value.go (their values), pixels.go (the stored values
// of a frame), encode.go (writing). Compressed pixels other than RLE are unpacked by package gdcm.
package dicom

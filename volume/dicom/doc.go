// Package dicom reads and writes DICOM files as such: data sets, nested sequences, pixel data in every
// transfer syntax that scanners and archives use. What the files mean together (series, stacks,
// segmentations) is the business of package volume.
//
// A parsed data set is a view of the bytes of its file: values are slices of them, so a length field can
// never make it allocate, and sequences are stepped over until somebody asks for them. That is why this
// package has its own parser: general-purpose ones allocate what a length field says and recurse as deep
// as the file does, and neither can be caught.
//
// Where to start reading: parse.go (a file's elements), value.go (what they say), pixels.go (one frame's
// stored values), encode.go (the way out). Compressed pixels that are not RLE are unpacked by package gdcm.
package dicom

package volume

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// gzipped calls body with a writer that gzips to w. The gzip header contains neither name nor time, so that equal
// voxels give equal files.
func gzipped(w io.Writer, body func(io.Writer) error) error {
	z := gzip.NewWriter(w)
	if err := body(z); err != nil {
		return err
	}
	return z.Close()
}

// writeNIfTI writes a single-file little-endian NIfTI: version 1, or version 2 if the source was one
// or the grid needs it.
func (s *samples) writeNIfTI(w io.Writer) error {
	f := s.geom.niftiFrame()
	var dim [8]int64
	dim[0] = int64(max(2, min(f.NDim, 7)))
	third := max(3, f.Third)
	if s.geom.Dim[2] > 1 {
		dim[0] = max(dim[0], int64(third))
	}
	for i := range 7 {
		dim[i+1] = 1
	}
	dim[1], dim[2], dim[third] = int64(s.geom.Dim[0]), int64(s.geom.Dim[1]), int64(s.geom.Dim[2])
	var header any
	if f.Version == 2 || max(dim[1], dim[2], dim[third]) > math.MaxInt16 {
		header = s.nifti2Header(f, dim)
	} else {
		header = s.nifti1Header(f, dim)
	}
	if err := binary.Write(w, binary.LittleEndian, header); err != nil {
		return err
	}
	if _, err := w.Write(make([]byte, 4)); err != nil { // no extensions
		return fmt.Errorf("write: %w", err)
	}
	return s.writeVoxels(w)
}

func (s *samples) nifti1Header(f NIfTIFrame, dim [8]int64) *nifti1 {
	h := &nifti1{SizeofHdr: nifti1Size, Datatype: datatypeOf(s.kind), Bitpix: int16(8 * s.kind.size()), VoxOffset: nifti1Voxels,
		SclSlope: 1, XYZTUnits: byte(f.XYZTUnits), QFormCode: int16(f.QFormCode), SFormCode: int16(f.SFormCode)}
	for i := range dim {
		h.Dim[i] = int16(dim[i])
	}
	narrow(h.PixDim[:], f.PixDim[:])
	narrow(h.Quatern[:], f.Quatern[:])
	narrow(h.QOffset[:], f.QOffset[:])
	for r := range h.SRow {
		narrow(h.SRow[r][:], f.SRow[r][:])
	}
	copy(h.Descrip[:], s.what)
	copy(h.Magic[:], "n+1\x00")
	return h
}

func (s *samples) nifti2Header(f NIfTIFrame, dim [8]int64) *nifti2 {
	h := &nifti2{SizeofHdr: nifti2Size, Datatype: datatypeOf(s.kind), Bitpix: int16(8 * s.kind.size()), Dim: dim, PixDim: f.PixDim,
		VoxOffset: nifti2Voxels, SclSlope: 1, QFormCode: f.QFormCode, SFormCode: f.SFormCode, Quatern: f.Quatern, QOffset: f.QOffset,
		SRow: f.SRow, XYZTUnits: f.XYZTUnits}
	copy(h.Descrip[:], s.what)
	copy(h.Magic[:], "n+2\x00\r\n\x1a\n")
	return h
}

func narrow(dst []float32, src []float64) {
	for i, x := range src {
		dst[i] = float32(x)
	}
}

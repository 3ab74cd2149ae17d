package volume

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// writeNRRD writes a gzip-compressed NRRD with attached voxels, in the LPS frame like ITK.
func (s *samples) writeNRRD(w io.Writer) error {
	a := s.geom.Affine.swapLPS()
	vectors := make([]string, 4)
	for c := range vectors {
		vectors[c] = "(" + joinNumbers(a.column(c), ",") + ")"
	}
	d := s.geom.Dim
	_, err := fmt.Fprintf(w, "NRRD0004\n# %s\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"+
		"space directions: %s\nkinds: domain domain domain\nendian: little\nencoding: gzip\nspace origin: %s\n",
		s.what, nrrdName(s.kind), d[0], d[1], d[2], strings.Join(vectors[:3], " "), vectors[3])
	if err != nil {
		return err
	}
	if s.segments {
		if err := s.labels.writeSegmentKeys(w); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return gzipped(w, s.writeVoxels)
}

// writeMHA writes a MetaImage with zlib-compressed voxels in the same file, in the LPS frame.
func (s *samples) writeMHA(w io.Writer) error {
	var packed bytes.Buffer // the header states the compressed size
	z := zlib.NewWriter(&packed)
	if err := s.writeVoxels(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	a := s.geom.Affine.swapLPS()
	var rows []string
	var spacing [3]float64
	for axis := range 3 {
		c := a.column(axis)
		spacing[axis] = norm(c)
		rows = append(rows, joinNumbers(scale(c, 1/spacing[axis]), " "))
	}
	d := s.geom.Dim
	_, err := fmt.Fprintf(w, "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = True\n"+
		"CompressedDataSize = %d\nTransformMatrix = %s\nOffset = %s\nCenterOfRotation = 0 0 0\nElementSpacing = %s\nDimSize = %d %d %d\n"+
		"ElementType = %s\nElementDataFile = LOCAL\n",
		packed.Len(), strings.Join(rows, " "), joinNumbers(a.column(3), " "), joinNumbers(spacing, " "), d[0], d[1], d[2], mhaName(s.kind))
	if err != nil {
		return err
	}
	_, err = w.Write(packed.Bytes())
	return err
}

// joinNumbers writes numbers with enough digits to read them back exactly.
func joinNumbers(v [3]float64, separator string) string {
	words := make([]string, len(v))
	for i, x := range v {
		words[i] = strconv.FormatFloat(x+0, 'g', -1, 64) // +0 turns -0 into 0
	}
	return strings.Join(words, separator)
}

func nrrdName(k sampleKind) string {
	return map[sampleKind]string{kindInt8: "signed char", kindUint8: "unsigned char", kindInt16: "short", kindUint16: "unsigned short",
		kindInt32: "int", kindFloat32: "float"}[k]
}

func mhaName(k sampleKind) string {
	return map[sampleKind]string{kindInt8: "MET_CHAR", kindUint8: "MET_UCHAR", kindInt16: "MET_SHORT", kindUint16: "MET_USHORT",
		kindInt32: "MET_INT", kindFloat32: "MET_FLOAT"}[k]
}

package volume

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// openMHA opens a MetaImage: a .mha file with its voxels, or a .mhd file that names their file.
// Positions are LPS, as ITK writes them.
func openMHA(path string) (*source, error) {
	in, err := openPlain(path)
	if err != nil {
		return nil, err
	}
	src, err := mhaSource(in, path)
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("MetaImage: %w", err)
	}
	return src, nil
}

// mhaHeader holds the "Key = value" pairs, with keys in lower case.
type mhaHeader map[string]string

func mhaSource(in *input, path string) (*source, error) {
	h, files, length, err := parseMHA(in.Reader.(*bufio.Reader))
	if err != nil {
		return nil, err
	}
	in.stored -= length
	kind, err := h.kind()
	if err != nil {
		return nil, err
	}
	dim, err := h.size3()
	if err != nil {
		return nil, err
	}
	n, err := checkDim(dim)
	if err != nil {
		return nil, err
	}
	geom, err := h.geometry(dim)
	if err != nil {
		return nil, err
	}
	h.stated(&geom)
	src := &source{dim: dim, geom: geom, format: "mha", closer: in}
	field := h["elementdatafile"]
	if strings.EqualFold(field, "LOCAL") {
		field = ""
	}
	return src, src.attachFiles(in, path, field, files, n, func(s *source, in *input, n int) error { return s.attachMHA(in, h, n, kind) })
}

// parseMHA reads the header, whose last line is ElementDataFile, and the file names that follow if that says LIST. length is the
// number of bytes read.
func parseMHA(r *bufio.Reader) (h mhaHeader, files []string, length int64, err error) {
	h = mhaHeader{}
	for {
		line, err := textLine(r, &length)
		if err != nil && (err != io.EOF || line == "") {
			if err == io.EOF {
				err = errors.New("the header ends without ElementDataFile: truncated file, or not a MetaImage")
			}
			return nil, nil, 0, err
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			if strings.TrimSpace(line) == "" {
				continue
			}
			return nil, nil, 0, fmt.Errorf("header line %.60q is not of the form \"Key = value\"", line)
		}
		name := strings.ToLower(strings.TrimSpace(key))
		h[name] = strings.TrimSpace(value)
		if name == "elementdatafile" {
			if isList(h[name]) {
				files, err = listedFiles(r, &length)
			}
			return h, files, length, err
		}
	}
}

// listedFiles reads file names, one per line, to the end.
func listedFiles(r *bufio.Reader, length *int64) (files []string, err error) {
	for {
		line, err := textLine(r, length)
		if line = strings.TrimSpace(line); line != "" {
			files = append(files, line)
		}
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (h mhaHeader) kind() (sampleKind, error) {
	if c := firstField(h, "elementnumberofchannels"); c != "" && c != "1" {
		return 0, fmt.Errorf("%s values per voxel (color or vectors), want one: convert to gray first", c)
	}
	kinds := map[string]sampleKind{"MET_CHAR": kindInt8, "MET_UCHAR": kindUint8, "MET_SHORT": kindInt16, "MET_USHORT": kindUint16,
		"MET_INT": kindInt32, "MET_UINT": kindUint32, "MET_LONG": kindInt32, "MET_ULONG": kindUint32, // four bytes in MetaIO, on every machine
		"MET_LONG_LONG": kindInt64, "MET_ULONG_LONG": kindUint64,
		"MET_FLOAT": kindFloat32, "MET_DOUBLE": kindFloat64}
	kind, ok := kinds[strings.ToUpper(h["elementtype"])]
	if !ok {
		return 0, fmt.Errorf("ElementType %q is not a number type of known size", h["elementtype"])
	}
	return kind, nil
}

func (h mhaHeader) size3() ([3]int, error) {
	dim := [3]int{1, 1, 1}
	words := strings.Fields(h["dimsize"])
	n, err := strconv.Atoi(h["ndims"])
	if err != nil || n < 2 || n > 10 || len(words) != n {
		return dim, fmt.Errorf("NDims %q with DimSize %.60q: want 3 axes", h["ndims"], h["dimsize"])
	}
	for axis, word := range words {
		size, err := strconv.Atoi(word)
		switch {
		case err != nil || size <= 0:
			return dim, fmt.Errorf("DimSize %q of axis %d: sizes must be positive whole numbers", word, axis)
		case axis < 3:
			dim[axis] = size
		case size != 1:
			return dim, fmt.Errorf("the file holds %d volumes (DimSize %s), want one: extract one first", size, h["dimsize"])
		}
	}
	return dim, nil
}

// numbers reads a field of finite numbers under any of its names. It returns nil if the field is absent.
func (h mhaHeader) numbers(names ...string) ([]float64, error) {
	words := strings.Fields(firstField(h, names...))
	if len(words) == 0 {
		return nil, nil
	}
	out := make([]float64, len(words))
	for i, word := range words {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%s: %.20q is not a finite number", names[0], word)
		}
		out[i] = x
	}
	return out, nil
}

// geometry reads ElementSpacing, TransformMatrix (row i is the direction of axis i) and Offset.
func (h mhaHeader) geometry(dim [3]int) (Geometry, error) {
	n, _ := strconv.Atoi(h["ndims"]) // checked by size3
	spacing, err := h.numbers("elementspacing", "elementsize")
	if err != nil {
		return Geometry{}, err
	}
	matrix, err := h.numbers("transformmatrix", "rotation", "orientation")
	if err != nil {
		return Geometry{}, err
	}
	offset, err := h.numbers("offset", "position", "origin")
	if err != nil {
		return Geometry{}, err
	}
	if (spacing != nil && len(spacing) < n) || (matrix != nil && len(matrix) != n*n) || (offset != nil && len(offset) < n) {
		return Geometry{}, fmt.Errorf("ElementSpacing, TransformMatrix and Offset must have %d, %d and %d numbers", n, n*n, n)
	}
	columns := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	var origin [3]float64
	for axis := range min(n, 3) {
		if matrix != nil {
			for r := range min(n, 3) {
				columns[axis][r] = matrix[axis*n+r]
			}
		}
		if spacing != nil {
			columns[axis] = scale(columns[axis], math.Abs(spacing[axis]))
		}
		if offset != nil {
			origin[axis] = offset[axis]
		}
		if norm(columns[axis]) == 0 {
			return Geometry{}, fmt.Errorf("ElementSpacing or TransformMatrix of axis %d is zero", axis)
		}
	}
	return GeometryFromAffine(dim, affineFromColumns(columns[0], columns[1], columns[2], origin).swapLPS()), nil
}

func isTrue(s string) bool { return strings.EqualFold(s, "true") || s == "1" }

// attachMHA connects n voxels, which start at in's position or after HeaderSize more bytes.
func (s *source) attachMHA(in *input, h mhaHeader, n int, kind sampleKind) error {
	if b := h["binarydata"]; b != "" && !isTrue(b) {
		return s.attachText(in, n)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if isTrue(firstField(h, "binarydatabyteordermsb", "elementbyteordermsb")) {
		order = binary.BigEndian
	}
	skip, err := optionalInt(h["headersize"])
	if err != nil || skip < -1 {
		return fmt.Errorf("HeaderSize %q: want a whole number, or -1 for the end of the file", h["headersize"])
	}
	if isTrue(h["compresseddata"]) {
		if skip == -1 {
			return errors.New("HeaderSize -1 with compressed data: want a whole number")
		}
		if _, err := io.CopyN(io.Discard, in, skip); err != nil {
			return errors.New("the file ends before its voxels start (HeaderSize): truncated file")
		}
		in.stored, skip, in.ratio = in.stored-skip, 0, maxDeflateRatio
		if in.Reader, err = zlib.NewReader(in.Reader); err != nil {
			return fmt.Errorf("compressed data: %w", err)
		}
	}
	s.voxels, s.proven, err = in.samples(n, kind, order, skip, "HeaderSize")
	return err
}

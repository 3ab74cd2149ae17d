package volume

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxTextHeader bounds the text header of NRRD and MetaImage files.
const maxTextHeader = 1 << 20

// nrrdHeader is the parsed header of a NRRD file (teem.sourceforge.net/nrrd/format.html).
type nrrdHeader struct {
	fields map[string]string
	length int64 // bytes up to the voxels of an attached header
}

// openNRRD opens a .nrrd with its voxels or a .nhdr that names the file of its voxels.
func openNRRD(path string) (*source, error) {
	in, err := openPlain(path)
	if err != nil {
		return nil, err
	}
	src, err := nrrdSource(in, path)
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("NRRD: %w", err)
	}
	return src, nil
}

// openPlain opens a file without unpacking it.
func openPlain(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, plainPathError(err)
	}
	return &input{Reader: bufio.NewReaderSize(f, 1<<16), Closer: f, stored: info.Size()}, nil
}

func nrrdSource(in *input, path string) (*source, error) {
	h, err := parseNRRD(in.Reader.(*bufio.Reader))
	if err != nil {
		return nil, err
	}
	kind, order, err := h.samples()
	if err != nil {
		return nil, err
	}
	dim, keep, err := h.sizes()
	if err != nil {
		return nil, err
	}
	n, err := checkDim(dim)
	if err != nil {
		return nil, err
	}
	geom, err := h.geometry(dim, keep)
	if err != nil {
		return nil, err
	}
	in.stored -= h.length
	attached := in
	if name := firstField(h.fields, "data file", "datafile"); name != "" {
		if in, err = openBeside(path, name); err != nil {
			return nil, err
		}
	}
	src := &source{dim: dim, geom: geom, format: "nrrd", closer: in}
	if err := src.attachEncoded(in, h, n, kind, order); err != nil {
		if in != attached {
			in.Close()
		}
		return nil, err
	}
	if in != attached {
		attached.Close()
	}
	return src, nil
}

// parseNRRD reads "key: value" lines up to the blank line (or end of file) that ends the header.
func parseNRRD(r *bufio.Reader) (*nrrdHeader, error) {
	h := &nrrdHeader{fields: map[string]string{}}
	for first := true; ; first = false {
		line, err := textLine(r, &h.length)
		if err == io.EOF && !first && line == "" {
			return h, nil // a detached header may end without a blank line
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		switch {
		case first:
			if !strings.HasPrefix(line, "NRRD000") {
				return nil, fmt.Errorf("bad magic %.8q, want NRRD0001 to NRRD0005", line)
			}
		case line == "":
			return h, nil
		case strings.HasPrefix(line, "#"), strings.Contains(line, ":="): // comment, free key/value pair
		default:
			key, value, ok := strings.Cut(line, ":")
			if !ok {
				return nil, fmt.Errorf("header line %.60q is not of the form \"field: value\"", line)
			}
			h.fields[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
}

// textLine reads one header line without its end, adding its length to total.
func textLine(r *bufio.Reader, total *int64) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		*total += int64(len(part))
		if *total > maxTextHeader {
			return "", fmt.Errorf("no end of the text header in the first %d bytes", maxTextHeader)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		return strings.TrimRight(string(line), "\r\n"), err
	}
}

// firstField returns the first of several spellings of a field that is present.
func firstField(fields map[string]string, names ...string) string {
	for _, name := range names {
		if v, ok := fields[name]; ok {
			return v
		}
	}
	return ""
}

// nrrdKinds maps NRRD's spellings of its types.
func nrrdKind(name string) (sampleKind, bool) {
	switch name {
	case "signed char", "int8", "int8_t":
		return kindInt8, true
	case "uchar", "unsigned char", "uint8", "uint8_t":
		return kindUint8, true
	case "short", "short int", "signed short", "signed short int", "int16", "int16_t":
		return kindInt16, true
	case "ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t":
		return kindUint16, true
	case "int", "signed int", "int32", "int32_t":
		return kindInt32, true
	case "uint", "unsigned int", "uint32", "uint32_t":
		return kindUint32, true
	case "longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t":
		return kindInt64, true
	case "ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t":
		return kindUint64, true
	case "float":
		return kindFloat32, true
	case "double":
		return kindFloat64, true
	}
	return 0, false
}

func (h *nrrdHeader) samples() (sampleKind, binary.ByteOrder, error) {
	kind, ok := nrrdKind(strings.ToLower(h.fields["type"]))
	if !ok {
		return 0, nil, fmt.Errorf("type %q is not a number type", h.fields["type"])
	}
	switch strings.ToLower(h.fields["endian"]) {
	case "little":
		return kind, binary.LittleEndian, nil
	case "big":
		return kind, binary.BigEndian, nil
	case "":
		if kind.size() == 1 || isText(h.fields["encoding"]) {
			return kind, binary.LittleEndian, nil
		}
		return 0, nil, errors.New("the header does not say whether the data are little or big endian (field endian)")
	}
	return 0, nil, fmt.Errorf("endian %q, want little or big", h.fields["endian"])
}

// sizes returns the three spatial sizes and which of the file's axes they are: with more than three
// axes all others must have size 1.
func (h *nrrdHeader) sizes() (dim [3]int, keep []int, err error) {
	words := strings.Fields(h.fields["sizes"])
	n, err := strconv.Atoi(h.fields["dimension"])
	if err != nil || n < 2 || n > 16 || len(words) != n {
		return dim, nil, fmt.Errorf("dimension %q with sizes %.60q: want 3 axes", h.fields["dimension"], h.fields["sizes"])
	}
	directions := splitVectors(h.fields["space directions"])
	for axis, word := range words {
		size, err := strconv.Atoi(word)
		if err != nil || size <= 0 {
			return dim, nil, fmt.Errorf("size %q of axis %d: sizes must be positive whole numbers", word, axis)
		}
		spatial := n <= 3 || (len(directions) == n && directions[axis] != "none") || (len(directions) != n && axis < 3)
		switch {
		case spatial && len(keep) < 3:
			dim[len(keep)] = size
			keep = append(keep, axis)
		case size != 1:
			return dim, nil, fmt.Errorf("sizes %s: more than one value per voxel (colour, vectors or several volumes): extract one first", strings.Join(words, " "))
		}
	}
	for len(keep) < 3 {
		dim[len(keep)] = 1
		keep = append(keep, -1)
	}
	return dim, keep, nil
}

// splitVectors splits "(1,0,0) none (0,1,0)" into its parts; spaces inside parentheses do not count.
func splitVectors(s string) []string {
	var parts []string
	depth, start := 0, -1
	for i, r := range s + " " {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		}
		if blank := r == ' ' || r == '\t'; blank && depth <= 0 {
			if start >= 0 {
				parts = append(parts, s[start:i])
			}
			start = -1
		} else if start < 0 {
			start = i
		}
	}
	return parts
}

// parseVector reads "(x,y,z)".
func parseVector(s string) ([3]float64, error) {
	var v [3]float64
	body, ok := strings.CutPrefix(strings.TrimSpace(s), "(")
	body, ok2 := strings.CutSuffix(body, ")")
	words := strings.Split(body, ",")
	if !ok || !ok2 || len(words) != 3 {
		return v, fmt.Errorf("%.60q is not a vector of three numbers", s)
	}
	for i, word := range words {
		x, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return v, fmt.Errorf("%.60q is not a vector of three finite numbers", s)
		}
		v[i] = x
	}
	return v, nil
}

// geometry reads space directions and origin, or the spacings of a file without orientation, which is
// then taken as LPS with its first voxel at the origin, as ITK does.
func (h *nrrdHeader) geometry(dim [3]int, keep []int) (Geometry, error) {
	columns := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	var origin [3]float64
	var err error
	directions := splitVectors(h.fields["space directions"])
	spacings := strings.Fields(h.fields["spacings"])
	for i, axis := range keep {
		switch {
		case axis >= 0 && axis < len(directions):
			if columns[i], err = parseVector(directions[axis]); err != nil {
				return Geometry{}, fmt.Errorf("space directions: %w", err)
			}
			if norm(columns[i]) == 0 {
				return Geometry{}, fmt.Errorf("space directions: the vector of axis %d is zero", axis)
			}
		case axis >= 0 && axis < len(spacings):
			x, err := strconv.ParseFloat(spacings[axis], 64)
			if err != nil || math.IsInf(x, 0) {
				return Geometry{}, fmt.Errorf("spacings: %.20q is not a finite number", spacings[axis])
			}
			if !math.IsNaN(x) && x != 0 { // NaN: unknown
				columns[i] = scale(columns[i], math.Abs(x))
			}
		}
	}
	if o := h.fields["space origin"]; o != "" {
		if origin, err = parseVector(o); err != nil {
			return Geometry{}, fmt.Errorf("space origin: %w", err)
		}
	}
	flip, err := h.spaceSigns()
	if err != nil {
		return Geometry{}, err
	}
	a := affineFromColumns(columns[0], columns[1], columns[2], origin)
	for r := range 3 {
		for c := range 4 {
			a[r][c] *= flip[r]
		}
	}
	return GeometryFromAffine(dim, a), nil
}

// spaceSigns are the signs that bring the header's world axes to right, anterior, superior.
func (h *nrrdHeader) spaceSigns() ([3]float64, error) {
	switch space := strings.ToLower(h.fields["space"]); space {
	case "right-anterior-superior", "ras":
		return [3]float64{1, 1, 1}, nil
	case "left-anterior-superior", "las":
		return [3]float64{-1, 1, 1}, nil
	case "left-posterior-superior", "lps", "", "scanner-xyz", "3d-right-handed":
		return [3]float64{-1, -1, 1}, nil
	default:
		return [3]float64{}, fmt.Errorf("space %q is not supported: want right-anterior-superior, left-anterior-superior or left-posterior-superior", space)
	}
}

func isText(encoding string) bool {
	e := strings.ToLower(encoding)
	return e == "ascii" || e == "txt" || e == "text"
}

// attachEncoded connects the voxels, which start where in stands, in the header's encoding.
func (s *source) attachEncoded(in *input, h *nrrdHeader, n int, kind sampleKind, order binary.ByteOrder) error {
	encoding := strings.ToLower(h.fields["encoding"])
	skipBytes, err := optionalInt(firstField(h.fields, "byte skip", "byteskip"))
	if err != nil || skipBytes < -1 || (skipBytes == -1 && encoding != "raw") {
		return fmt.Errorf("byte skip %q: want a whole number, or -1 with raw encoding", firstField(h.fields, "byte skip", "byteskip"))
	}
	skipLines, err := optionalInt(firstField(h.fields, "line skip", "lineskip"))
	if err != nil || skipLines < 0 {
		return errors.New("line skip: want a whole number")
	}
	buffered := in.Reader.(*bufio.Reader)
	for range skipLines {
		var length int64
		if _, err := textLine(buffered, &length); err != nil {
			return errors.New("the file ends before its voxels start (line skip): truncated file")
		}
		in.stored -= length
	}
	switch encoding {
	case "raw":
		if skipBytes == -1 {
			skipBytes = in.stored - int64(n)*int64(kind.size())
		}
	case "gzip", "gz":
		in.packed = true
		if in.Reader, err = gzip.NewReader(buffered); err != nil {
			return fmt.Errorf("gzip data: %w", err)
		}
	case "bzip2", "bz2":
		in.packed = true
		in.Reader = bzip2.NewReader(buffered)
	case "ascii", "txt", "text":
		return s.attachText(in, n)
	default:
		return fmt.Errorf("encoding %q is not supported: want raw, gzip, bzip2 or ascii", encoding)
	}
	if s.proven, err = in.prove(n, kind.size(), max(skipBytes, 0)); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, in, max(skipBytes, 0)); err != nil {
		return errors.New("the file ends before its voxels start (byte skip): truncated file")
	}
	s.voxels = streamVoxels(in, n, kind, order, 1, 0)
	return nil
}

func optionalInt(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseInt(s, 10, 40)
}

// attachText connects voxels that are written as decimal numbers between blanks.
func (s *source) attachText(in *input, n int) error {
	s.proven = int(min(int64(n), in.stored/2+1)) // a digit and a blank each
	if s.proven < n {
		return fmt.Errorf("the header promises %d numbers but the file holds %d bytes of text: truncated file or corrupt header", n, in.stored)
	}
	s.voxels = func(emit func([]float64) error) error {
		words := bufio.NewScanner(in)
		words.Split(bufio.ScanWords)
		var value [1]float64
		for i := range n {
			if !words.Scan() {
				return fmt.Errorf("the voxels end after %d of %d: truncated file", i, n)
			}
			x, err := strconv.ParseFloat(words.Text(), 64)
			if err != nil {
				return fmt.Errorf("voxel %d: %.20q is not a number", i, words.Text())
			}
			value[0] = x
			if err := emit(value[:]); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// openBeside opens the voxel file that a header names. It must lie in the header's folder or below:
// a header has no business pointing elsewhere.
func openBeside(headerPath, name string) (*input, error) {
	if strings.HasPrefix(name, "LIST") || strings.Contains(name, "%") {
		return nil, fmt.Errorf("the voxels are spread over several files (%.60q): join them into one first", name)
	}
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("the header names the voxel file %.200q: want a file in the header's own folder", name)
	}
	in, err := openPlain(filepath.Join(filepath.Dir(headerPath), name))
	if err != nil {
		return nil, fmt.Errorf("voxel file %s: %w", name, err)
	}
	return in, nil
}

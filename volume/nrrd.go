package volume

import (
	"bufio"
	"compress/bzip2"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// nrrdHeader is the parsed header of a NRRD file (teem.sourceforge.net/nrrd/format.html).
type nrrdHeader struct {
	fields map[string]string // by name in lower case
	keys   map[string]string // key/value pairs
	files  []string          // names after "data file: LIST"
	length int64             // number of bytes of the header
}

// openNRRD opens a .nrrd file with its voxels, or a .nhdr file that names the files of its voxels.
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

func nrrdSource(in *input, path string) (*source, error) {
	h, err := parseNRRD(in.Reader.(*bufio.Reader))
	if err != nil {
		return nil, err
	}
	kind, order, err := h.samples()
	if err != nil {
		return nil, err
	}
	axes, err := h.axes()
	if err != nil {
		return nil, err
	}
	n, err := checkDim(axes.dim)
	if err == nil {
		_, err = checkDim([3]int{axes.layers, n, 1})
	}
	if err != nil {
		return nil, err
	}
	geom, err := h.geometry(axes)
	if err != nil {
		return nil, err
	}
	h.stated(&geom)
	in.stored -= h.length
	src := &source{dim: axes.dim, geom: geom, format: "nrrd", closer: in}
	attach := func(s *source, in *input, n int) error { return s.attachEncoded(in, h, n, kind, order) }
	if err := src.attachFiles(in, path, firstField(h.fields, "data file", "datafile"), h.files, n*axes.layers, attach); err != nil {
		return nil, err
	}
	return src, src.readSegments(h, axes, n)
}

// parseNRRD reads "key: value" lines up to the blank line (or end of file) that ends the header. After
// "data file: LIST" come the names of files.
func parseNRRD(r *bufio.Reader) (*nrrdHeader, error) {
	h := &nrrdHeader{fields: map[string]string{}, keys: map[string]string{}}
	list := false
	for first := true; ; first = false {
		line, err := textLine(r, &h.length)
		if err == io.EOF && !first && line == "" {
			return h, nil // a detached header may end without a blank line
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		free, value, isFree := strings.Cut(line, ":=")
		key, text, ok := strings.Cut(line, ":")
		switch {
		case first:
			if !strings.HasPrefix(line, "NRRD000") {
				return nil, fmt.Errorf("bad magic %.8q, want NRRD0001 to NRRD0005", line)
			}
		case list:
			if line = strings.TrimSpace(line); line != "" {
				h.files = append(h.files, line)
			}
		case line == "":
			return h, nil
		case strings.HasPrefix(line, "#"):
		case isFree:
			h.keys[strings.TrimSpace(free)] = strings.TrimSpace(value)
		case !ok:
			return nil, fmt.Errorf("header line %.60q is not of the form \"field: value\"", line)
		default:
			key, text = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(text)
			h.fields[key] = text
			list = (key == "data file" || key == "datafile") && isList(text)
		}
	}
}

// nrrdKind returns the type of voxels by any of NRRD's names for it.
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

// samples returns the type and byte order of the voxels.
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

func isText(encoding string) bool {
	e := strings.ToLower(encoding)
	return e == "ascii" || e == "txt" || e == "text"
}

// attachEncoded connects n voxels, which start at in's position, in the header's encoding.
func (s *source) attachEncoded(in *input, h *nrrdHeader, n int, kind sampleKind, order binary.ByteOrder) error {
	skip := firstField(h.fields, "byte skip", "byteskip")
	skipBytes, err := optionalInt(skip)
	if err != nil || skipBytes < -1 {
		return fmt.Errorf("byte skip %q: want a whole number, or -1 for the end of the data", skip)
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
	switch encoding := strings.ToLower(h.fields["encoding"]); encoding {
	case "raw":
	case "gzip", "gz":
		in.ratio = maxDeflateRatio
		if in.Reader, err = newGzip(buffered); err != nil {
			return fmt.Errorf("gzip data: %w", err)
		}
	case "bzip2", "bz2":
		in.ratio = maxBzip2Ratio
		in.Reader = bzip2.NewReader(buffered)
	case "ascii", "txt", "text":
		return s.attachText(in, n)
	case "hex":
		in.Reader, in.stored = hex.NewDecoder(&withoutBlanks{in.Reader}), in.stored/2
	default:
		return fmt.Errorf("encoding %q is not supported: want raw, gzip, bzip2, hex or ascii", encoding)
	}
	s.voxels, s.proven, err = in.samples(n, kind, order, skipBytes, "byte skip")
	return err
}

package volume

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// What NRRD and MetaImage have in common: a text header, and voxels that are written as text.

// maxTextHeader bounds the text header, in bytes.
const maxTextHeader = 1 << 20

// textLine reads a header line, and returns it without its end. It adds its length to total.
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

// firstField returns the value of a field under the first of its names that is present; "" if none is.
func firstField(fields map[string]string, names ...string) string {
	for _, name := range names {
		if v, ok := fields[name]; ok {
			return v
		}
	}
	return ""
}

// optionalInt parses an integer; an empty text is 0.
func optionalInt(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseInt(s, 10, 40)
}

// attachText connects n voxels that are written as decimal numbers separated by white space.
func (s *source) attachText(in *input, n int) error {
	s.proven = int(min(int64(n), in.stored/2+1)) // at least a digit and a separator each
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

// withoutBlanks removes white space from a stream.
type withoutBlanks struct{ from io.Reader }

func (w *withoutBlanks) Read(p []byte) (int, error) {
	for {
		n, err := w.from.Read(p)
		kept := 0
		for _, b := range p[:n] {
			if b != ' ' && b != '\n' && b != '\r' && b != '\t' {
				p[kept] = b
				kept++
			}
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}

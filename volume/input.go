package volume

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// input is a stream of bytes with what is known of its length.
type input struct {
	io.Reader
	io.Closer
	stored int64 // length on disk, counted from where the stream starts
	ratio  int64 // the stream is at most this many times as long; 1: not compressed
}

// The most that a compressed byte can stand for: 1032 for deflate (zlib technical notes), and for bzip2,
// whose blocks of 900 kB of one value shrink to some 40 bytes, about 22 thousand.
const (
	maxDeflateRatio = 1032
	maxBzip2Ratio   = 1 << 15
)

// openInput opens a file, unpacking gzip by its signature.
func openInput(path string) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, plainPathError(err)
	}
	buffered := bufio.NewReaderSize(f, 1<<16)
	in := &input{Reader: buffered, Closer: f, stored: info.Size(), ratio: 1}
	if head, _ := buffered.Peek(2); isGzip(head) {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("gzip: %w", err)
		}
		in.Reader, in.ratio = z, maxDeflateRatio
	}
	return in, nil
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
	return &input{Reader: bufio.NewReaderSize(f, 1<<16), Closer: f, stored: info.Size(), ratio: 1}, nil
}

// prove checks that the input can hold n samples of the given size after skip bytes, and returns
// how many of them it is certain to hold (for packed data, a modest guess at how many it may).
func (in *input) prove(n int, size int, skip int64) (int, error) {
	want := int64(n)*int64(size) + skip
	if in.ratio == 1 {
		if in.stored < want {
			return 0, fmt.Errorf("the header promises %d bytes of voxels but the file holds %d: truncated file or corrupt header", want-skip, max(0, in.stored-skip))
		}
		return n, nil
	}
	if want > in.stored*in.ratio {
		return 0, fmt.Errorf("the header promises %d bytes of voxels, more than a compressed file of %d bytes can hold: truncated file or corrupt header", want-skip, in.stored)
	}
	const usualRatio = 8 // scans compress two- to fourfold; label maps grow by appending
	return int(min(int64(n), in.stored*usualRatio/int64(size))), nil
}

// streamVoxels returns the voxels function of a source whose samples lie one after another in r.
func streamVoxels(r io.Reader, n int, kind sampleKind, order binary.ByteOrder, slope, inter float64) func(func([]float64) error) error {
	return func(emit func([]float64) error) error {
		const chunk = 1 << 15
		raw := make([]byte, chunk*kind.size())
		values := make([]float64, chunk)
		for done := 0; done < n; {
			m := min(chunk, n-done)
			got, err := io.ReadFull(r, raw[:m*kind.size()])
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return fmt.Errorf("the voxels end after %d of %d: truncated file", done+got/kind.size(), n)
			}
			if err != nil {
				return fmt.Errorf("voxel data: %w", err)
			}
			kind.decode(values[:m], raw, order)
			if slope != 1 || inter != 0 {
				for i := range values[:m] {
					values[i] = values[i]*slope + inter
				}
			}
			if err := emit(values[:m]); err != nil {
				return err
			}
			done += m
		}
		return drain(r)
	}
}

// drain reads what is left of a stream, so that gzip and zlib compare their checksums: voxels from a
// damaged file must not pass for good ones. Much more than a trailer is left unread.
func drain(r io.Reader) error {
	const most = 1 << 20
	if _, err := io.CopyN(io.Discard, r, most); err != nil && err != io.EOF {
		return fmt.Errorf("after the last voxel: %w: damaged or truncated file", err)
	}
	return nil
}

// plainPathError strips the path from an *os.PathError: the callers name it themselves.
func plainPathError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

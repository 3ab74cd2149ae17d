package volume

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// input is a stream of bytes, with what is known about its length.
type input struct {
	io.Reader
	io.Closer
	stored int64 // length on disk, from where the stream starts
	ratio  int64 // the stream is at most this many times longer than stored; 1: not compressed
}

// The largest compression ratios: 1032 for deflate (zlib technical notes); about 22,000 for bzip2, whose blocks of 900 kB
// of a single value shrink to some 40 bytes.
const (
	maxDeflateRatio = 1032
	maxBzip2Ratio   = 1 << 15
)

// openInput opens a file. If it has gzip's signature, the stream is unpacked.
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
		z, err := newGzip(buffered)
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
// the number it certainly holds or, for compressed data, a cautious estimate of it.
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
	const usualRatio = 8 // scans compress two- to fourfold; for label maps, more memory is allocated later
	return int(min(int64(n), in.stored*usualRatio/int64(size))), nil
}

// streamVoxels returns the voxels function of a source with n consecutive samples in r.
func streamVoxels(r io.Reader, n int, kind sampleKind, order binary.ByteOrder, slope, inter float64) func(func([]float64) error) error {
	return func(emit func([]float64) error) error {
		if err := streamSamples(r, n, kind, order, slope, inter, emit); err != nil {
			return err
		}
		return drain(r)
	}
}

// streamSamples passes n samples of r to emit, rescaled.
func streamSamples(r io.Reader, n int, kind sampleKind, order binary.ByteOrder, slope, inter float64, emit func([]float64) error) error {
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
	return nil
}

// samples connects n samples that follow skip bytes of the stream or, if skip is -1, are at its end. More data than the header
// promises is an error: most likely, something precedes the voxels, and they would be read out of place.
func (in *input) samples(n int, kind sampleKind, order binary.ByteOrder, skip int64, field string) (voxels func(func([]float64) error) error, proven int, err error) {
	if proven, err = in.prove(n, kind.size(), max(skip, 0)); err != nil {
		return nil, 0, err
	}
	if skip == -1 {
		return func(emit func([]float64) error) error {
			tail, err := readTail(in.Reader, n*kind.size())
			if err != nil {
				return err
			}
			return streamVoxels(bytes.NewReader(tail), n, kind, order, 1, 0)(emit)
		}, proven, nil
	}
	if _, err := io.CopyN(io.Discard, in, skip); err != nil {
		return nil, 0, fmt.Errorf("the file ends before its voxels start (%s): truncated file", field)
	}
	return func(emit func([]float64) error) error {
		if err := streamSamples(in, n, kind, order, 1, 0, emit); err != nil {
			return err
		}
		return surplus(in, field)
	}, proven, nil
}

// readTail returns the last n bytes of a stream.
func readTail(r io.Reader, n int) ([]byte, error) {
	var kept []byte
	chunk := make([]byte, 1<<16)
	for {
		m, err := r.Read(chunk)
		kept = append(kept, chunk[:m]...)
		if len(kept) > 2*n+len(chunk) {
			kept = append(kept[:0], kept[len(kept)-n:]...)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("voxel data: %w", err)
		}
	}
	if len(kept) < n {
		return nil, fmt.Errorf("the file holds %d bytes of voxels, the header promises %d: truncated file", len(kept), n)
	}
	return kept[len(kept)-n:], nil
}

// surplus reads what follows the voxels, including checksums of packed data. Zeros and line ends are padding; anything else is
// an error.
func surplus(r io.Reader, field string) error {
	chunk := make([]byte, 1<<15)
	total, foreign := 0, false
	for {
		m, err := r.Read(chunk)
		for _, b := range chunk[:m] {
			foreign = foreign || (b != 0 && b != '\n' && b != '\r')
		}
		total += m
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("after the last voxel: %w: damaged or truncated file", err)
		}
		if total > 1<<30 {
			break
		}
	}
	if foreign {
		return fmt.Errorf("the file holds %d bytes more than the header promises, so something else may precede the voxels: correct the sizes, or give the number of bytes to skip (%s: -1 takes the end of the data)", total, field)
	}
	return nil
}

// drain reads the rest of a stream, so that gzip and zlib compare their checksums: voxels from a
// damaged file must not pass for good ones. If much more than a trailer follows, it stops.
func drain(r io.Reader) error {
	const most = 1 << 20
	if _, err := io.CopyN(io.Discard, r, most); err != nil && err != io.EOF {
		return fmt.Errorf("after the last voxel: %w: damaged or truncated file", err)
	}
	return nil
}

// plainPathError removes the path from an *os.PathError, because callers add it themselves.
func plainPathError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

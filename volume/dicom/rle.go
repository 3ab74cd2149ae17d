package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// decodeRLE unpacks RLE-compressed pixels (PS3.5 annex G): a header with segment offsets, then a PackBits
// stream for each byte of a sample, the most significant byte first. The result has n little-endian samples of
// the given size. The frame may consist of several fragments.
func decodeRLE(fragments [][]byte, n, size int) ([]byte, error) {
	const headerSize = 64
	var raw []byte
	for _, f := range fragments {
		raw = append(raw, f...)
	}
	if len(raw) < headerSize {
		return nil, errors.New("RLE: the pixel data is shorter than its header: truncated file")
	}
	if count := binary.LittleEndian.Uint32(raw); count != uint32(size) {
		return nil, fmt.Errorf("RLE: %d segments, want one for each of the %d bytes of a gray pixel", count, size)
	}
	const bestRatio = 64 // two bytes make at most 128
	if int64(n)*int64(size) > int64(len(raw))*bestRatio {
		return nil, fmt.Errorf("RLE: %d bytes of compressed data cannot hold %d pixels: truncated file", len(raw), n)
	}
	out := make([]byte, n*size)
	for segment := range size {
		start := int64(binary.LittleEndian.Uint32(raw[4+4*segment:]))
		end := int64(len(raw))
		if segment+1 < size {
			end = int64(binary.LittleEndian.Uint32(raw[8+4*segment:]))
		}
		if start < headerSize || end > int64(len(raw)) || start > end {
			return nil, fmt.Errorf("RLE: segment %d spans bytes %d to %d of %d: corrupt file", segment, start, end, len(raw))
		}
		if err := unpackBits(out[size-1-segment:], size, n, raw[start:end]); err != nil {
			return nil, fmt.Errorf("RLE: segment %d: %w", segment, err)
		}
	}
	return out, nil
}

// unpackBits unpacks a PackBits stream into n bytes of dst, which are step apart.
func unpackBits(dst []byte, step, n int, src []byte) error {
	done := 0
	for done < n {
		if len(src) < 2 {
			return fmt.Errorf("ends after %d of %d pixels: truncated file", done, n)
		}
		control := int8(src[0])
		src = src[1:]
		switch {
		case control >= 0: // control+1 literal bytes
			count := min(int(control)+1, n-done)
			if len(src) < count {
				return fmt.Errorf("ends after %d of %d pixels: truncated file", done, n)
			}
			for i := range count {
				dst[(done+i)*step] = src[i]
			}
			src = src[min(int(control)+1, len(src)):]
			done += count
		case control != -128: // the next byte, 1-control times
			count := min(1-int(control), n-done)
			for i := range count {
				dst[(done+i)*step] = src[0]
			}
			src = src[1:]
			done += count
		}
	}
	return nil
}

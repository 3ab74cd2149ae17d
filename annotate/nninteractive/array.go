package nninteractive

import (
	"encoding/binary"
	"math"

	"github.com/klauspost/compress/zstd"
	"github.com/seed-6f79f512/slmsam/annotate"
)

// A packed array, all little endian:
//
//	"NNIA" | u8 version | u8 codec | u8 ndim | u8 n | n bytes: dtype | ndim x i64: shape | u32: chunks |
//	per chunk: u64 length | u64 packed length | a Blosc2 chunk
//
// The elements are in C order. (nninteractive-client, inference/remote/serialization.py)

const (
	arrayVersion = 1
	maxAxes      = 4
	chunkLimit   = 1 << 30 // maximum number of bytes in a chunk, as in the client
)

// array is an array as received: the slowest axis of shape comes first, and elements are little endian.
type array struct {
	dtype dtype
	shape []int
	raw   []byte
}

// codec unpacks and packs arrays. Several goroutines may use it at once.
type codec struct {
	unzstd *zstd.Decoder
	zstd   *zstd.Encoder
}

func newCodec() *codec {
	// with these options, neither call starts goroutines or can fail
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(chunkLimit))
	if err != nil {
		panic("nninteractive: " + err.Error())
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic("nninteractive: " + err.Error())
	}
	return &codec{unzstd: d, zstd: e}
}

// unpack reads a packed array with at most limit bytes of elements. It allocates memory only for the elements, and only
// after the chunks have accounted for all of them.
func (c *codec) unpack(buf []byte, limit int) (*array, error) {
	a, rest, err := unpackHeader(buf)
	if err != nil {
		return nil, err
	}
	total := a.dtype.size()
	for _, d := range a.shape {
		if d <= 0 {
			return nil, annotate.Inputf("packed array: the shape %v has an axis that is not positive", a.shape)
		}
		if d > limit/total {
			return nil, annotate.Inputf("packed array: %v elements of type %s are more than the %d bytes accepted here", a.shape, a.dtype, limit)
		}
		total *= d
	}
	if len(rest) < 4 {
		return nil, annotate.Inputf("packed array: cut off before the chunks")
	}
	chunks := binary.LittleEndian.Uint32(rest)
	rest = rest[4:]
	if err := checkChunks(rest, chunks, total); err != nil {
		return nil, err
	}
	a.raw = make([]byte, 0, total)
	for range chunks {
		ulen, clen := int(binary.LittleEndian.Uint64(rest)), int(binary.LittleEndian.Uint64(rest[8:]))
		if a.raw, err = c.appendChunk(a.raw, rest[16:16+clen], ulen); err != nil {
			return nil, err
		}
		rest = rest[16+clen:]
	}
	return a, nil
}

// unpackHeader reads everything before the number of chunks, and returns what follows.
func unpackHeader(buf []byte) (*array, []byte, error) {
	if len(buf) < 8 || string(buf[:4]) != "NNIA" {
		return nil, nil, annotate.Inputf("packed array: it does not begin with NNIA and a header")
	}
	axes, name := int(buf[6]), int(buf[7])
	switch {
	case buf[4] != arrayVersion:
		return nil, nil, annotate.Inputf("packed array: version %d, want %d", buf[4], arrayVersion)
	case buf[5] != 1 && buf[5] != 2:
		return nil, nil, annotate.Inputf("packed array: codec %d, want 1 (zstd) or 2 (lz4)", buf[5])
	case axes == 0 || axes > maxAxes:
		return nil, nil, annotate.Inputf("packed array: %d axes, want 1 to %d", axes, maxAxes)
	case len(buf) < 8+name+8*axes:
		return nil, nil, annotate.Inputf("packed array: cut off in the header")
	}
	dtype, err := parseDtype(string(buf[8 : 8+name]))
	if err != nil {
		return nil, nil, err
	}
	a := &array{dtype: dtype, shape: make([]int, axes)}
	buf = buf[8+name:]
	for i := range a.shape {
		d := int64(binary.LittleEndian.Uint64(buf[8*i:]))
		if d > math.MaxInt32 {
			return nil, nil, annotate.Inputf("packed array: an axis of %d elements", d)
		}
		a.shape[i] = int(d)
	}
	return a, buf[8*axes:], nil
}

// checkChunks checks the lengths of all chunks: they must exactly fill both the received bytes and the array of total bytes,
// and agree with the chunks' own headers.
func checkChunks(rest []byte, chunks uint32, total int) error {
	sum := 0
	for i := range chunks {
		if len(rest) < 16 {
			return annotate.Inputf("packed array: %d chunks are promised, %d are there", chunks, i)
		}
		ulen, clen := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
		if clen > uint64(len(rest)-16) {
			return annotate.Inputf("packed array: chunk %d is cut off", i)
		}
		if ulen > uint64(total-sum) || ulen > chunkLimit {
			return annotate.Inputf("packed array: chunk %d holds more than the shape has room for", i)
		}
		if _, err := parseChunk(rest[16:16+clen], int(ulen)); err != nil {
			return err
		}
		sum += int(ulen)
		rest = rest[16+clen:]
	}
	if sum != total {
		return annotate.Inputf("packed array: the chunks hold %d bytes, the shape needs %d", sum, total)
	}
	if len(rest) > 0 {
		return annotate.Inputf("packed array: %d bytes follow the last chunk", len(rest))
	}
	return nil
}

// pack returns an array in a form that every client can read.
func (c *codec) pack(a *array) []byte {
	name := a.dtype.String()
	out := append([]byte("NNIA"), arrayVersion, 1, byte(len(a.shape)), byte(len(name)))
	out = append(out, name...)
	for _, d := range a.shape {
		out = binary.LittleEndian.AppendUint64(out, uint64(d))
	}
	out = binary.LittleEndian.AppendUint32(out, uint32((len(a.raw)+chunkLimit-1)/chunkLimit))
	for raw := a.raw; len(raw) > 0; {
		part := raw[:min(len(raw), chunkLimit)]
		raw = raw[len(part):]
		chunk := c.packChunk(part, a.dtype.size())
		out = binary.LittleEndian.AppendUint64(out, uint64(len(part)))
		out = binary.LittleEndian.AppendUint64(out, uint64(len(chunk)))
		out = append(out, chunk...)
	}
	return out
}

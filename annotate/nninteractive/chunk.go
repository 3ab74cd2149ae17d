package nninteractive

import (
	"bytes"
	"encoding/binary"

	"github.com/pierrec/lz4/v4"
	"github.com/seed-6f79f512/slmsam/annotate"
)

// A Blosc2 chunk (c-blosc2, README_CHUNK_FORMAT.rst), all little endian:
//
//	0 version 1 codec version 2 flags 3 element size | 4 i32 bytes | 8 i32 block size | 12 i32 chunk size |
//	16 six filters | 22 codec meta | 24 filter meta | 31 flags of Blosc2
//	then the bytes as they are (stored), nothing (all zero), one element (repeated), or
//	i32 start of each block; a block: one stream or, split, one per byte of the element; a stream: i32 size, data

const (
	chunkHeader   = 32
	flagExtended  = 0x05 // both bits: the header is 32 bytes long
	flagStored    = 0x02
	flagWhole     = 0x10 // blocks are not split into streams
	codecLZ4      = 1
	codecZstd     = 4
	filterNone    = 0
	filterShuffle = 1
	specialZero   = 1
	specialValue  = 3
	packBlock     = 1 << 20 // size of the blocks that this package writes
	packMin       = 128     // chunks with fewer bytes are stored, because packing gains nothing
)

// chunk is a Blosc2 chunk with a consistent header: sizes agree with each other and with what was expected.
type chunk struct {
	body    []byte // the whole chunk, including the header
	nbytes  int    // when unpacked
	block   int    // size of a block when unpacked; the last one may be shorter
	element int
	codec   byte
	stored  bool
	whole   bool
	shuffle bool
	special byte
}

// badChunk returns the error for an inconsistent chunk.
func badChunk(what string) error { return annotate.Inputf("packed array: Blosc2 chunk: %s", what) }

// parseChunk checks a chunk's header against its length and the number of bytes expected from it.
func parseChunk(b []byte, want int) (*chunk, error) {
	if len(b) < chunkHeader {
		return nil, badChunk("shorter than its header")
	}
	le := func(at int) int { return int(int32(binary.LittleEndian.Uint32(b[at:]))) }
	flags := b[2]
	c := &chunk{body: b, nbytes: le(4), block: le(8), element: int(b[3]), codec: flags >> 5, stored: flags&flagStored != 0,
		whole: flags&flagWhole != 0, special: b[31] >> 4 & 7}
	switch {
	case flags&flagExtended != flagExtended:
		return nil, badChunk("the header is not that of Blosc2")
	case le(12) != len(b):
		return nil, badChunk("its size differs from the number of bytes received")
	case c.nbytes != want || want == 0:
		return nil, badChunk("it holds a different number of bytes than announced")
	case c.element == 0:
		return nil, badChunk("elements have no bytes")
	}
	for _, f := range b[16:22] {
		switch f {
		case filterNone:
		case filterShuffle:
			c.shuffle = true
		default:
			return nil, badChunk("a filter other than byte shuffle")
		}
	}
	return c, c.checkBody()
}

// checkBody checks the length of what follows the header.
func (c *chunk) checkBody() error {
	rest := len(c.body) - chunkHeader
	switch {
	case c.special == specialZero && rest == 0:
		return nil
	case c.special == specialValue && rest >= c.element && c.nbytes%c.element == 0:
		return nil
	case c.special != 0:
		return badChunk("an unknown or truncated special value")
	case c.stored && rest != c.nbytes:
		return badChunk("stored bytes are missing")
	case c.stored:
		return nil
	case c.block <= 0 || c.block > c.nbytes:
		return badChunk("the block size does not fit")
	case c.codec != codecLZ4 && c.codec != codecZstd:
		return badChunk("a codec other than zstd and lz4")
	case rest/4 < c.blocks():
		return badChunk("the table of blocks is cut off")
	}
	return nil
}

func (c *chunk) blocks() int { return (c.nbytes + c.block - 1) / c.block }

// appendChunk unpacks a chunk of n bytes and appends them to out, which has room for them.
func (k *codec) appendChunk(out, b []byte, n int) ([]byte, error) {
	c, err := parseChunk(b, n)
	if err != nil {
		return nil, err
	}
	start := len(out)
	switch {
	case c.special == specialZero:
		return append(out, make([]byte, n)...), nil
	case c.special == specialValue:
		return append(out, bytes.Repeat(b[chunkHeader:chunkHeader+c.element], n/c.element)...), nil
	case c.stored:
		return append(out, b[chunkHeader:]...), nil
	}
	var scratch []byte
	for i := range c.blocks() {
		from := len(out)
		size := min(c.block, n-(from-start))
		if out, err = k.appendBlock(out, c, i, size); err != nil {
			return nil, err
		}
		if c.shuffle && c.element > 1 {
			scratch = append(scratch[:0], out[from:]...)
			unshuffle(out[from:], scratch, c.element)
		}
	}
	return out, nil
}

// appendBlock unpacks the streams of block i, which has size bytes when unpacked.
func (k *codec) appendBlock(out []byte, c *chunk, i, size int) ([]byte, error) {
	at := int(int32(binary.LittleEndian.Uint32(c.body[chunkHeader+4*i:])))
	streams := 1
	if !c.whole && size == c.block {
		streams = c.element
	}
	if size%streams != 0 {
		return nil, badChunk("a block that does not split evenly")
	}
	var err error
	for range streams {
		if at < chunkHeader || at > len(c.body)-4 {
			return nil, badChunk("a block is outside the chunk")
		}
		packed := int(int32(binary.LittleEndian.Uint32(c.body[at:])))
		rest := c.body[at+4:]
		used := max(packed, 0)
		if packed < 0 {
			used = 1 // the token of a run
		}
		if used > len(rest) {
			return nil, badChunk("a stream is cut off")
		}
		if out, err = k.appendStream(out, c.codec, packed, rest[:used], size/streams); err != nil {
			return nil, err
		}
		at += 4 + used
	}
	return out, nil
}

// appendStream unpacks a stream of n bytes. packed, its stored size, says how: 0 stands for zeros, a negative number for a
// run of one byte, and n for bytes that are stored as they are.
func (k *codec) appendStream(out []byte, codec byte, packed int, data []byte, n int) ([]byte, error) {
	from := len(out)
	switch {
	case packed == 0:
		return append(out, make([]byte, n)...), nil
	case packed < -255 || packed < 0 && data[0]&1 == 0:
		return nil, badChunk("an unknown kind of run")
	case packed < 0:
		return append(out, bytes.Repeat([]byte{byte(-packed)}, n)...), nil
	case packed == n:
		return append(out, data...), nil
	}
	room := out[from : from+n : from+n]
	got := 0
	var err error
	if codec == codecLZ4 {
		got, err = lz4.UncompressBlock(data, room)
	} else {
		var unpacked []byte
		unpacked, err = k.unzstd.DecodeAll(data, room[:0])
		got = len(unpacked)
	}
	if err != nil || got != n {
		return nil, badChunk("packed bytes are damaged")
	}
	return out[:from+n], nil
}

// unshuffle undoes the byte shuffle, in which the first bytes of all elements come first, then all second bytes, and so on.
// Bytes after the last whole element are not shuffled.
func unshuffle(dst, src []byte, element int) {
	n := len(src) / element
	for j := range element {
		for i, b := range src[j*n : (j+1)*n] {
			dst[i*element+j] = b
		}
	}
	copy(dst[n*element:], src[n*element:])
}

// packChunk returns bytes as a chunk: only a header if all are zero, otherwise blocks packed with zstd.
func (k *codec) packChunk(raw []byte, element int) []byte {
	out := make([]byte, chunkHeader)
	out[0], out[1], out[3] = 5, 1, byte(element)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(raw)))
	binary.LittleEndian.PutUint32(out[8:], uint32(min(len(raw), packBlock)))
	const flags = flagExtended | flagWhole | codecZstd<<5
	out[2] = flags
	switch {
	case allZero(raw):
		out[31] = specialZero << 4 // without flagStored: c-blosc2 refuses both together
	case len(raw) < packMin:
		out[2] = flags | flagStored
		out = append(out, raw...)
	default:
		out = k.packBlocks(out, raw)
	}
	binary.LittleEndian.PutUint32(out[12:], uint32(len(out)))
	return out
}

// packBlocks appends the table of blocks and the blocks.
func (k *codec) packBlocks(out, raw []byte) []byte {
	blocks := (len(raw) + packBlock - 1) / packBlock
	out = append(out, make([]byte, 4*blocks)...)
	for i := range blocks {
		part := raw[i*packBlock : min(len(raw), (i+1)*packBlock)]
		binary.LittleEndian.PutUint32(out[chunkHeader+4*i:], uint32(len(out)))
		size := len(out)
		out = append(out, 0, 0, 0, 0)
		if allZero(part) {
			continue
		}
		out = k.zstd.EncodeAll(part, out)
		if len(out)-size-4 >= len(part) {
			out = append(out[:size+4], part...)
		}
		binary.LittleEndian.PutUint32(out[size:], uint32(len(out)-size-4))
	}
	return out
}

func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

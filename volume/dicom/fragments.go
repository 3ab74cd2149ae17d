package dicom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// frameFragments divides the fragments of encapsulated pixel data into frames (PS3.5 A.4): one for each frame, or
// according to the offset table or, if that is empty, wherever a new codestream starts.
func (p *Pixels) frameFragments() ([][][]byte, error) {
	all := p.source.fragments
	frames := make([][][]byte, 0, min(p.Frames, len(all)))
	switch starts := p.frameStarts(); {
	case len(all) == 0:
		return nil, errors.New("the pixel data is empty: truncated file")
	case p.Frames == 1:
		frames = append(frames, all)
	case len(all) == p.Frames:
		for i := range all {
			frames = append(frames, all[i:i+1])
		}
	case len(starts) == p.Frames:
		for i, from := range starts {
			to := len(all)
			if i+1 < len(starts) {
				to = starts[i+1]
			}
			frames = append(frames, all[from:to])
		}
	default:
		return nil, fmt.Errorf("%d fragments of compressed pixels cannot be divided into %d frames: truncated or corrupt file", len(all), p.Frames)
	}
	return frames, nil
}

// frameStarts lists the indices of the fragments at which frames start.
func (p *Pixels) frameStarts() []int {
	var starts []int
	if at := offsetTable(p.source); at != nil {
		position := uint64(0)
		for i, f := range p.source.fragments {
			if len(starts) < len(at) && at[len(starts)] == position {
				starts = append(starts, i)
			}
			position += 8 + uint64(len(f))
		}
		return starts
	}
	for i, f := range p.source.fragments {
		for _, magic := range [][]byte{{0xff, 0xd8, 0xff}, {0xff, 0x4f, 0xff, 0x51}} { // JPEG and JPEG-LS; JPEG 2000
			if bytes.HasPrefix(f, magic) {
				starts = append(starts, i)
			}
		}
	}
	return starts
}

// offsetTable reads the extended offset table or, if it is absent, the basic one; nil if both are empty.
func offsetTable(d *DataSet) []uint64 {
	var at []uint64
	for v := d.Raw(TagExtendedOffsets); len(v) >= 8; v = v[8:] {
		at = append(at, binary.LittleEndian.Uint64(v))
	}
	if at != nil {
		return at
	}
	for v := d.offsets; len(v) >= 4; v = v[4:] {
		at = append(at, uint64(binary.LittleEndian.Uint32(v)))
	}
	return at
}

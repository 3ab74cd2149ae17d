package main

import (
	"testing"

	"github.com/mmcloughlin/avo/reg"
)

// TestEncodings compares the encodings of instructions with those of GNU as (binutils 2.40).
func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		name            string
		src2, src1, dst reg.Physical
		want            [6]byte
	}{
		{"VDPBF16PS", reg.Z4, reg.Z5, reg.Z6, [6]byte{0x62, 0xf2, 0x56, 0x48, 0x52, 0xf4}},
		{"VDPBF16PS", reg.Z25, reg.Z26, reg.Z23, [6]byte{0x62, 0x82, 0x2e, 0x40, 0x52, 0xf9}},
		{"VDPBF16PS", reg.Z8, reg.Z17, reg.Z9, [6]byte{0x62, 0x52, 0x76, 0x40, 0x52, 0xc8}},
		{"VCVTNE2PS2BF16", reg.Z4, reg.Z5, reg.Z6, [6]byte{0x62, 0xf2, 0x57, 0x48, 0x72, 0xf4}},
		{"VCVTNE2PS2BF16", reg.Z19, reg.Z12, reg.Z30, [6]byte{0x62, 0x22, 0x1f, 0x48, 0x72, 0xf3}},
	} {
		if got := codes[c.name].bytes(c.src2, c.src1, c.dst); got != c.want {
			t.Errorf("%s %s, %s, %s: got % x, want % x", c.name, c.src2.Asm(), c.src1.Asm(), c.dst.Asm(), got, c.want)
		}
	}
}

package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packing generates the transposition of 4 rows, on which all packing functions that transpose are built, and copies to panels of
// both widths.
func (g *gen) packing() {
	g.transposition()
	g.copyRows("copyA", g.tileRows())
	g.copyRows("copyB", tileVectors*g.lanes)
}

// copyRows generates the copy of n rows of a fixed width, ld words apart, to a panel.
func (g *gen) copyRows(name string, width int) {
	g.function(name, "func(n int, src []float32, ld int, dst []float32)",
		fmt.Sprintf("copies n rows of %d words to a panel; see Kernels.CopyA and CopyB.", width))
	n, src, ld, dst := g.integer("n"), g.pointer("src"), g.integer("ld"), g.pointer("dst")
	g.SHLQ(operand.U8(2), ld)
	ahead := g.GP64()
	g.MOVQ(ld, ahead)
	g.SHLQ(operand.U8(aheadShift), ahead)
	g.ADDQ(src, ahead)

	g.Label("loop")
	g.PREFETCHT0(at(ahead, 0))
	g.PREFETCHT0(at(ahead, 4*(width-1)))
	for done := 0; done < width; {
		v, words := reg.Register(g.vec()), g.lanes
		if rest := width - done; rest < words {
			switch {
			case rest >= 8:
				v, words = g.YMM(), 8
			case rest >= 4:
				v, words = g.XMM(), 4
			default:
				v, words = g.XMM(), 2
			}
		}
		if words == 2 {
			g.VMOVSD(at(src, 4*done), v)
			g.VMOVSD(v, at(dst, 4*done))
		} else {
			g.VMOVUPS(at(src, 4*done), v)
			g.VMOVUPS(v, at(dst, 4*done))
		}
		done += words
	}
	g.ADDQ(ld, src)
	g.ADDQ(ld, ahead)
	g.ADDQ(imm(4*width), dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// aheadShift: packing is the first access to an operand, so it prefetches the row that is 1<<aheadShift rows ahead.
const aheadShift = 4

// transposition generates the transposition of 4 rows of float32.
func (g *gen) transposition() {
	g.transposed("pack4", "transposes 4 rows; n is a multiple of the lanes; see Kernels.Pack4.", 1)
}

// transposed generates a transposition of 4 rows. With fold 2, it rounds pairs of words to one word of bfloat16.
func (g *gen) transposed(name, doc string, fold int) {
	g.function(name, "func(n int, src []float32, ld int, dst []float32, step int)", doc)
	n, src, ld, dst, step := g.integer("n"), g.pointer("src"), g.integer("ld"), g.pointer("dst"), g.integer("step")
	g.SHLQ(operand.U8(2), ld)
	g.SHLQ(operand.U8(2), step)
	src2, step3 := g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: src, Index: ld, Scale: 2}, src2)
	g.LEAQ(operand.Mem{Base: step, Index: step, Scale: 2}, step3)

	ahead, ahead2 := g.GP64(), g.GP64()
	g.MOVQ(ld, ahead)
	g.SHLQ(operand.U8(aheadShift), ahead)
	g.ADDQ(src, ahead)
	g.LEAQ(operand.Mem{Base: ahead, Index: ld, Scale: 2}, ahead2)

	g.Label("loop")
	for _, m := range []operand.Mem{at(ahead, 0), {Base: ahead, Index: ld, Scale: 1}, at(ahead2, 0), {Base: ahead2, Index: ld, Scale: 1}} {
		g.PREFETCHT0(m)
	}
	r := [4]reg.VecVirtual{g.vec(), g.vec(), g.vec(), g.vec()}
	t := [4]reg.VecVirtual{g.vec(), g.vec(), g.vec(), g.vec()}
	for i, from := range []operand.Mem{at(src, 0), {Base: src, Index: ld, Scale: 1}, at(src2, 0), {Base: src2, Index: ld, Scale: 1}} {
		g.VMOVUPS(from, r[i])
		if fold == 2 {
			from.Disp += g.bytes()
			g.VMOVUPS(from, t[i])
			g.roundPairs(r[i], t[i], r[i])
		}
	}
	g.VUNPCKLPS(r[1], r[0], t[0]) // r0[0] r1[0] r0[1] r1[1] in every 128-bit quarter
	g.VUNPCKHPS(r[1], r[0], t[1])
	g.VUNPCKLPS(r[3], r[2], t[2])
	g.VUNPCKHPS(r[3], r[2], t[3])
	g.VUNPCKLPD(t[2], t[0], r[0]) // column 4q of the 4 rows in quarter q
	g.VUNPCKHPD(t[2], t[0], r[1]) // column 4q+1
	g.VUNPCKLPD(t[3], t[1], r[2])
	g.VUNPCKHPD(t[3], t[1], r[3])
	for q := 0; q < g.lanes/4; q++ {
		for i, to := range []operand.Mem{
			at(dst, 0), {Base: dst, Index: step, Scale: 1}, {Base: dst, Index: step, Scale: 2}, {Base: dst, Index: step3, Scale: 1},
		} {
			g.storeQuarter(q, r[i], to)
		}
		g.LEAQ(operand.Mem{Base: dst, Index: step, Scale: 4}, dst)
	}
	g.ADDQ(imm(fold*g.bytes()), src)
	g.ADDQ(imm(fold*g.bytes()), src2)
	g.ADDQ(imm(fold*g.bytes()), ahead)
	g.ADDQ(imm(fold*g.bytes()), ahead2)
	g.SUBQ(imm(g.lanes), n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// storeQuarter stores the 128 bits number q of v.
func (g *gen) storeQuarter(q int, v reg.VecVirtual, to operand.Mem) {
	switch {
	case q == 0:
		g.VMOVUPS(v.AsX(), to)
	case g.lanes == 16:
		g.VEXTRACTF32X4(operand.U8(uint8(q)), v, to)
	default:
		g.VEXTRACTF128(operand.U8(uint8(q)), v, to)
	}
}

package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bf16 generates what matrix products with AVX512_BF16 need in addition to the kernels of AVX-512: the register tile, for words
// that hold two steps of K each, the functions that pack and round to such pairs, and the scores on a grid.
func (g *gen) bf16() {
	g.tile(g.tileRows(), tileVectors)
	g.pairRows()
	g.pairColumns("pairA", g.tileRows())
	g.pairColumns("pairB", tileVectors*g.lanes)
	g.axial()
}

// fold is the number of steps in a word.
func (g *gen) fold() int {
	if g.name == "BF16" {
		return 2
	}
	return 1
}

// multiplyAdd adds x*y to sum in each lane; for pairs of bfloat16, it adds both products.
func (g *gen) multiplyAdd(x, y, sum reg.Register) {
	if g.name == "BF16" {
		g.Instruction(&ir.Instruction{
			Opcode: "VDPBF16PS", Operands: []operand.Op{x, y, sum},
			Inputs: []operand.Op{x, y, sum}, Outputs: []operand.Op{sum}, ISA: []string{"AVX512_BF16"},
		})
		return
	}
	g.VFMADD231PS(x, y, sum)
}

// roundPairs sets dst to the words of lo, then those of hi, rounded to bfloat16: 32 numbers in 16 lanes.
func (g *gen) roundPairs(lo, hi, dst reg.Register) {
	g.Instruction(&ir.Instruction{
		Opcode: "VCVTNE2PS2BF16", Operands: []operand.Op{lo, hi, dst},
		Inputs: []operand.Op{lo, hi}, Outputs: []operand.Op{dst}, ISA: []string{"AVX512_BF16"},
	})
}

// pairRows generates the transposition of 4 rows to pairs.
func (g *gen) pairRows() {
	g.transposed("pair4", "transposes 4 rows of 2n words to n pairs, n a multiple of the lanes; see Kernels.Pair4.", 2)
}

// pairColumns generates a function that rounds rows 2i and 2i+1 to pairs in row i of a panel of the given width.
func (g *gen) pairColumns(name string, width int) {
	g.function(name, "func(n, columns int, src []float32, ld int, dst []float32)",
		fmt.Sprintf("rounds 2n rows to n rows of %d pairs; see Kernels.PairA and PairB.", width))
	n, columns := g.integer("n"), g.integer("columns")
	src, ld, dst := g.pointer("src"), g.integer("ld"), g.pointer("dst")
	g.SHLQ(operand.U8(2), ld)
	order := g.vec()
	g.VMOVUPS(g.interleaving(), order)

	bits, ones := g.GP64(), g.GP64()
	g.MOVQ(operand.U64(1<<32-1), ones)
	g.BZHIQ(columns, ones, bits) // one per column
	full := g.GP64()
	g.MOVQ(imm(1<<min(width, g.lanes)-1), full)
	all := g.K()
	g.KMOVW(full.As32(), all)
	var from []reg.Register // per vector
	for range (width + g.lanes - 1) / g.lanes {
		k := g.K()
		g.KMOVW(bits.As32(), k)
		g.SHRQ(operand.U8(uint8(g.lanes)), bits)
		from = append(from, k)
	}
	ahead := g.GP64()
	g.MOVQ(ld, ahead)
	g.SHLQ(operand.U8(aheadShift), ahead)
	g.ADDQ(src, ahead)

	g.Label("loop")
	for j, k := range from {
		g.PREFETCHT0(at(ahead, j*g.bytes()))
		g.PREFETCHT0(operand.Mem{Base: ahead, Index: ld, Scale: 1, Disp: j * g.bytes()})
		lo, hi := g.vec(), g.vec()
		g.VMOVUPS_Z(at(src, j*g.bytes()), k, lo)
		g.VMOVUPS_Z(operand.Mem{Base: src, Index: ld, Scale: 1, Disp: j * g.bytes()}, k, hi)
		g.roundPairs(lo, hi, lo)
		g.VPERMW(lo, order, lo)
		g.VMOVUPS(lo, all, at(dst, j*g.bytes()))
	}
	g.LEAQ(operand.Mem{Base: src, Index: ld, Scale: 2}, src)
	g.LEAQ(operand.Mem{Base: ahead, Index: ld, Scale: 2}, ahead)
	g.ADDQ(imm(4*width), dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// interleaving is a permutation of half words in the order 0, 16, 1, 17, ..., which makes pairs of two rounded rows.
func (g *gen) interleaving() operand.Mem {
	if m, ok := g.constants["interleaving"]; ok {
		return m
	}
	m := g.StaticGlobal("interleaving")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range g.lanes {
		g.AddDatum(4*i, operand.U32(uint32(i|(i+g.lanes)<<16)))
	}
	g.constants["interleaving"] = m
	return m
}

// encodeUnknown replaces instructions that Go's assembler does not know with their encodings.
func encodeUnknown(file *ir.File) error {
	for _, fn := range file.Functions() {
		var nodes []ir.Node
		for _, node := range fn.Nodes {
			i, ok := node.(*ir.Instruction)
			code, unknown := codes[opcode(i, ok)]
			if !unknown {
				nodes = append(nodes, node)
				continue
			}
			b := code.bytes(i.Operands[0].(reg.Physical), i.Operands[1].(reg.Physical), i.Operands[2].(reg.Physical))
			long := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
			nodes = append(nodes,
				ir.NewComment(fmt.Sprintf("%s %s, %s, %s", i.Opcode, i.Operands[0].Asm(), i.Operands[1].Asm(), i.Operands[2].Asm())),
				&ir.Instruction{Opcode: "LONG", Operands: []operand.Op{operand.U32(long)}},
				&ir.Instruction{Opcode: "WORD", Operands: []operand.Op{operand.U16(uint16(b[4]) | uint16(b[5])<<8)}})
		}
		fn.Nodes = nodes
	}
	return nil
}

func opcode(i *ir.Instruction, ok bool) string {
	if !ok {
		return ""
	}
	return i.Opcode
}

// evex is an instruction of three 512-bit registers in the opcode map 0F38, W0 (Intel SDM, volume 2A, 2.7.1).
type evex struct{ prefix, op byte }

// codes holds the instructions of AVX512_BF16 that we use.
var codes = map[string]evex{
	"VDPBF16PS":      {prefix: 2, op: 0x52}, // F3
	"VCVTNE2PS2BF16": {prefix: 3, op: 0x72}, // F2
}

// bytes encodes the instruction. The operands are in the order of Go's assembler, destination last.
func (e evex) bytes(src2, src1, dst reg.Physical) [6]byte {
	r, v, x := byte(dst.PhysicalIndex()), byte(src1.PhysicalIndex()), byte(src2.PhysicalIndex())
	bit := func(of byte, i int) byte { return ^of >> i & 1 } // register numbers are stored inverted
	const map0F38, vectors512 = 2, 2
	return [6]byte{
		0x62,
		bit(r, 3)<<7 | bit(x, 4)<<6 | bit(x, 3)<<5 | bit(r, 4)<<4 | map0F38,
		(^v&15)<<3 | 1<<2 | e.prefix,
		vectors512<<5 | bit(v, 4)<<3,
		e.op,
		3<<6 | r&7<<3 | x&7,
	}
}

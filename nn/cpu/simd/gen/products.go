package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// products generates the inner loop of all matrix products, which keeps a tile of C in registers: 12 x 2 of the 32 vectors of
// AVX-512 (24 accumulators, 2 for B, 1 for A), or 6 x 2 of the 16 vectors of AVX2.
func (g *gen) products() {
	g.tile(g.tileRows(), tileVectors)
	g.tileInPlace(g.tileRows(), tileVectors)
}

// tileVectors is the width of the register tile in vectors.
const tileVectors = 2

// tileRows is the number of rows of the register tile.
func (g *gen) tileRows() int {
	if g.lanes == 16 {
		return 12
	}
	return 6
}

// tile generates the kernel for mr rows x nv vectors: each step of k loads nv vectors of b, broadcasts mr words of a, one after the
// other, and does mr*nv fused multiply-adds.
func (g *gen) tile(mr, nv int) {
	g.function("tile", "func(k int, a, b, c []float32, ldc int, from []float32, ldf int)",
		"computes C = A B, plus what from holds, of one register tile; see Kernels.TileFrom.")
	k, a, b, c, ldc := g.integer("k"), g.pointer("a"), g.pointer("b"), g.pointer("c"), g.integer("ldc")
	g.SHLQ(operand.U8(2), ldc)

	acc, bv, av := g.accumulators(mr, nv), make([]reg.VecVirtual, nv), g.vec()
	for j := range bv {
		bv[j] = g.vec()
	}

	step := func(u int) {
		for j := range bv {
			g.VMOVUPS(at(b, (u*nv+j)*g.bytes()), bv[j])
		}
		for i := range acc {
			g.VBROADCASTSS(at(a, 4*(u*mr+i)), av)
			for j := range bv {
				g.multiplyAdd(bv[j], av, acc[i][j])
			}
		}
	}
	loop := func(label string, unroll int) {
		g.Label(label)
		for u := 0; u < unroll; u++ {
			step(u)
		}
		g.ADDQ(imm(4*mr*unroll), a)
		g.ADDQ(imm(nv*g.bytes()*unroll), b)
	}

	g.fetchTile(mr, c, ldc)
	const unroll = 4
	quads := g.GP64()
	g.MOVQ(k, quads)
	g.SHRQ(operand.U8(2), quads)
	g.JZ(operand.LabelRef("tail"))
	loop("quad", unroll)
	g.DECQ(quads)
	g.JNZ(operand.LabelRef("quad"))
	g.Label("tail")
	g.ANDQ(imm(unroll-1), k)
	g.JZ(operand.LabelRef("store"))
	loop("single", 1)
	g.DECQ(k)
	g.JNZ(operand.LabelRef("single"))

	g.Label("store")
	g.storeTile(acc, c, ldc)
}

// accumulators returns mr x nv vectors of zeros.
func (g *gen) accumulators(mr, nv int) [][]reg.VecVirtual {
	acc := make([][]reg.VecVirtual, mr)
	for i := range acc {
		acc[i] = make([]reg.VecVirtual, nv)
		for j := range acc[i] {
			acc[i][j] = g.vec()
			g.zero(acc[i][j])
		}
	}
	return acc
}

// rowsPerPointer is the number of rows of A that a pointer reaches with the scales of an address: plus 0, 1 and 2 row strides.
const rowsPerPointer = 3

// tileInPlace generates the kernel for operands that are not packed, with any strides between rows and steps of A and steps of B.
func (g *gen) tileInPlace(mr, nv int) {
	g.function("tileInPlace", "func(k int, a []float32, row, step int, b []float32, ldb int, c []float32, ldc int, from []float32, ldf int)",
		"computes C = A B, plus what from holds, of one register tile; see Kernels.TileInPlaceFrom.")
	k, b, c, ldc := g.integer("k"), g.pointer("b"), g.pointer("c"), g.integer("ldc")
	row, step, ldb := g.integer("row"), g.integer("step"), g.integer("ldb")
	for _, stride := range []reg.Register{ldc, row, step, ldb} {
		g.SHLQ(operand.U8(2), stride)
	}
	a := []reg.Register{g.pointer("a")}
	for len(a)*rowsPerPointer < mr {
		last, next := a[len(a)-1], g.GP64()
		g.LEAQ(operand.Mem{Base: last, Index: row, Scale: 2}, next)
		g.ADDQ(row, next)
		a = append(a, next)
	}
	acc, bv, av := g.accumulators(mr, nv), make([]reg.VecVirtual, nv), g.vec()
	g.fetchTile(mr, c, ldc)
	g.Label("step")
	for j := range bv {
		bv[j] = g.vec()
		g.VMOVUPS(at(b, j*g.bytes()), bv[j])
	}
	for i := range acc {
		from := at(a[i/rowsPerPointer], 0)
		if i%rowsPerPointer > 0 {
			from.Index, from.Scale = row, uint8(i%rowsPerPointer)
		}
		g.VBROADCASTSS(from, av)
		for j := range bv {
			g.VFMADD231PS(bv[j], av, acc[i][j])
		}
	}
	for _, p := range a {
		g.ADDQ(step, p)
	}
	g.ADDQ(ldb, b)
	g.DECQ(k)
	g.JNZ(operand.LabelRef("step"))
	g.storeTile(acc, c, ldc)
}

// fetchTile prefetches the cache lines of c, which arrive while the sums are computed.
func (g *gen) fetchTile(mr int, c, ldc reg.Register) {
	const line = 64
	p := g.GP64()
	g.MOVQ(c, p)
	for range mr {
		for off := 0; off < tileVectors*g.bytes(); off += line {
			g.PREFETCHT0(at(p, off))
		}
		g.ADDQ(ldc, p)
	}
}

// storeTile adds what the parameter from holds, unless it is nil, to the sums, writes them to c, and ends the function.
func (g *gen) storeTile(acc [][]reg.VecVirtual, c, ldc reg.Register) {
	from, ldf := g.pointer("from"), g.integer("ldf")
	g.TESTQ(from, from)
	g.JZ(operand.LabelRef("overwrite"))
	g.SHLQ(operand.U8(2), ldf)
	for i := range acc {
		for j := range acc[i] {
			g.VADDPS(at(from, j*g.bytes()), acc[i][j], acc[i][j])
		}
		g.ADDQ(ldf, from)
	}
	g.Label("overwrite")
	for i := range acc {
		for j := range acc[i] {
			g.VMOVUPS(acc[i][j], at(c, j*g.bytes()))
		}
		g.ADDQ(ldc, c)
	}
	g.end()
}

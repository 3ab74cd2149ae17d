package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// matmulCase is a product and its epilogue.
type matmulCase struct {
	m, n, k          int
	transA, transB   bool
	batch            int
	sharedA, sharedB bool // stride 0
	gap              int  // unused words between items
	bias             bool
	act              backend.Activation
	residual         bool
	inPlace          bool // the residual is C
	accumulate       bool
	biasEach         bool // every item has a bias of its own
	turn             turned
}

// turned is the rotation of a product; if columns is 0, there is none.
type turned struct{ columns, width, tokens, rotated, period int }

func (c matmulCase) String() string {
	s := fmt.Sprintf("%dx%dx%d", c.m, c.n, c.k)
	add := func(on bool, text string) {
		if on {
			s += " " + text
		}
	}
	add(c.transA, "transA")
	add(c.transB, "transB")
	add(c.batch > 1, fmt.Sprintf("batch%d", c.batch))
	add(c.sharedA, "sharedA")
	add(c.sharedB, "sharedB")
	add(c.gap > 0, "gap")
	add(c.bias, "bias")
	add(c.act == backend.ReLU, "relu")
	add(c.act == backend.GELU, "gelu")
	add(c.residual, "residual")
	add(c.inPlace, "inPlace")
	add(c.accumulate, "accumulate")
	add(c.biasEach, "biasEach")
	add(c.turn.columns > 0, fmt.Sprintf("turn%v", c.turn))
	return s
}

func matmulCases(s *suite) []kernelCase {
	list := append(plainProducts(), turnedProducts()...)
	list = append(list, matmulCase{m: 1, n: 1, k: 1, batch: 70}, matmulCase{m: 2, n: 3, k: 5, batch: 300, sharedA: true, sharedB: true})
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, splitProducts(limit)...)
	}
	if s.opts.Large {
		list = append(list,
			matmulCase{m: 4099, n: 384, k: 96, bias: true, act: backend.GELU},
			matmulCase{m: 8192, n: 768, k: 256, bias: true, turn: turned{512, 256, 4096, 4096, 4096}},
			matmulCase{m: 1025, n: 1023, k: 2049, transB: true},
			matmulCase{m: 256, n: 259, k: 8191, transA: true, accumulate: true},
			matmulCase{m: 196, n: 288, k: 96, batch: 30, sharedB: true, bias: true})
	}
	cases := make([]kernelCase, len(list))
	for i, c := range list {
		c.batch = max(c.batch, 1)
		cases[i] = kernelCase{c.String(), c.run}
	}
	return cases
}

// plainProducts returns products with all layouts, epilogues and batches.
func plainProducts() []matmulCase {
	var list []matmulCase
	sizes := [][3]int{{1, 1, 1}, {1, 7, 5}, {7, 1, 5}, {3, 5, 1}, {5, 7, 3}, {17, 33, 65}, {31, 13, 97}, {64, 64, 64},
		{67, 131, 37}, {129, 65, 259}, {1, 257, 300}, {97, 4, 31}}
	for _, z := range sizes { // all ways of storing the operands
		for trans := range 4 {
			list = append(list, matmulCase{m: z[0], n: z[1], k: z[2], transA: trans&1 != 0, transB: trans&2 != 0})
		}
	}
	for trans := range 4 { // all epilogues
		base := matmulCase{m: 19, n: 37, k: 23, transA: trans&1 != 0, transB: trans&2 != 0}
		for bias := range 2 {
			for _, act := range []backend.Activation{backend.Identity, backend.ReLU, backend.GELU} {
				for output := range 4 {
					c := base
					c.bias, c.act = bias == 1, act
					c.residual, c.inPlace, c.accumulate = output == 1, output == 2, output == 3
					list = append(list, c)
				}
			}
		}
	}
	for trans := range 4 { // batches
		base := matmulCase{m: 13, n: 29, k: 11, transA: trans&1 != 0, transB: trans&2 != 0, batch: 5}
		list = append(list, base)
		c := base
		c.sharedA, c.accumulate = true, true
		list = append(list, c)
		c = base
		c.sharedB, c.bias, c.residual = true, true, true
		list = append(list, c)
		c = base
		c.gap, c.inPlace = 3, true
		list = append(list, c)
	}
	return list
}

// turnedProducts returns products that have a bias for each item, or are rotated.
func turnedProducts() []matmulCase {
	var list []matmulCase
	for trans := range 4 { // a bias for each item, rotations
		base := matmulCase{m: 14, n: 26, k: 11, transA: trans&1 != 0, transB: trans&2 != 0, bias: true}
		each := base
		each.batch, each.biasEach, each.act, each.gap = 5, true, backend.ReLU, 3
		list = append(list, each)
		each.m, each.sharedB, each.gap, each.residual = 1, true, 0, true
		list = append(list, each)
		base.turn = turned{24, 8, 7, 5, 3}
		list = append(list, base)
		base.n, base.bias, base.turn = 64, false, turned{64, 64, 14, 14, 14}
		list = append(list, base)
		base.m, base.n, base.k, base.turn = 131, 260, 70, turned{160, 80, 66, 60, 20}
		list = append(list, base)
		base.m, base.n, base.k, base.bias, base.turn = 5, 20, 3001, true, turned{20, 10, 5, 4, 2}
		list = append(list, base)
	}
	return list
}

// splitProducts returns products whose operands do not fit a binding of limit words.
func splitProducts(limit int) []matmulCase {
	list := []matmulCase{
		{m: limit/64 + 3, n: 64, k: 7, bias: true, turn: turned{48, 16, 31, 30, 11}},
		{m: 6, n: 64, k: limit/6 + 9, turn: turned{64, 32, 6, 6, 3}},
		{m: 3, n: limit/8 + 24, k: 9, bias: true, turn: turned{limit/16&^63 + 64, 64, 3, 2, 3}},
		{m: 11, n: 13, k: 7, batch: limit/77 + 2, bias: true, biasEach: true},
	}
	for trans := range 4 {
		ta, tb := trans&1 != 0, trans&2 != 0
		list = append(list,
			matmulCase{m: limit/37 + 3, n: 5, k: 37, transA: ta, transB: tb, bias: true, residual: true},  // A
			matmulCase{m: 5, n: limit/37 + 3, k: 37, transA: ta, transB: tb, bias: true},                  // B
			matmulCase{m: 3, n: 5, k: limit/3 + 7, transA: ta, transB: tb, act: backend.ReLU, bias: true}, // A and B, along K
			matmulCase{m: limit/251 + 3, n: 251, k: 7, transA: ta, transB: tb, accumulate: true},          // C
			matmulCase{m: 11, n: 13, k: 7, transA: ta, transB: tb, batch: limit/77 + 2, residual: true},   // the batch
		)
	}
	return list
}

func (c matmulCase) run(t *trial) {
	strideA, strideB, strideC := c.m*c.k+c.gap, c.k*c.n+c.gap, c.m*c.n+c.gap
	if c.sharedA {
		strideA = 0
	}
	if c.sharedB {
		strideB = 0
	}
	last := c.batch - 1
	a, b := t.input("A", last*strideA+c.m*c.k), t.input("B", last*strideB+c.k*c.n)
	out := t.result("C", last*strideC+c.m*c.n, c.accumulate || c.inPlace)
	var bias, residual, table *operand
	strideBias := 0
	if c.biasEach {
		strideBias = c.n + 2
	}
	if c.bias {
		bias = t.input("Bias", last*strideBias+c.n)
	}
	if c.turn.columns > 0 {
		table = t.input("Turn", c.turn.period*c.turn.width)
	}
	if c.residual {
		residual = t.input("Residual", last*strideC+c.m*c.n)
	}
	if c.inPlace {
		residual = out
	}
	tol := t.suite.opts.products(c.k)
	if table != nil {
		tol = tol.scaled(4) // sums of two products with numbers of size 1
	}
	t.compare(tol, func(k backend.Kernels, buf buffers) {
		k.MatMul(backend.MatMul{
			A: buf(a), B: buf(b), C: buf(out), M: c.m, N: c.n, K: c.k, TransA: c.transA, TransB: c.transB,
			Batch: c.batch, StrideA: strideA, StrideB: strideB, StrideC: strideC,
			Bias: buf(bias), StrideBias: strideBias, Act: c.act, Residual: buf(residual), Accumulate: c.accumulate,
			Turn: backend.Rotation{Table: buf(table), Columns: c.turn.columns, Width: c.turn.width, N: c.turn.tokens, Rotated: c.turn.rotated, Period: c.turn.period},
		})
	})
}

package kerneltest

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// layout is how the heads of an attention lie in memory.
type layout string

const (
	separate layout = "separate" // Q, K, V, O: one buffer each
	packed   layout = "packed"   // qkv [B,N,3*h*D], Nq == Nk, D == Dv
	padded   layout = "padded"   // offsets, and unused words after each token and item
	sharedKV layout = "sharedKV" // K and V with Batch 0
	sharedQ  layout = "sharedQ"  // Q with Batch 0
)

type attentionCase struct {
	b, heads, nq, nk, d, dv int
	layout                  layout
	scale                   float32 // of the scores; 0: 1/sqrt(d)
	noLSE                   bool
	repeats                 int // how often the last key counts
}

func (c attentionCase) String() string {
	s := fmt.Sprintf("b%d h%d q%d k%d d%d dv%d %s", c.b, c.heads, c.nq, c.nk, c.d, c.dv, c.layout)
	if c.scale != 0 {
		s += fmt.Sprintf(" scale%g", c.scale)
	}
	if c.repeats > 0 {
		s += fmt.Sprintf(" repeats%d", c.repeats)
	}
	return s
}

// attentionList returns the cases for both the forward and the backward kernel.
func attentionList(s *suite) []attentionCase {
	list := []attentionCase{
		{b: 1, heads: 1, nq: 1, nk: 1, d: 1, dv: 1, layout: separate},
		{b: 1, heads: 1, nq: 1, nk: 37, d: 3, dv: 5, layout: separate},
		{b: 2, heads: 3, nq: 41, nk: 1, d: 5, dv: 2, layout: separate},
		{b: 3, heads: 2, nq: 7, nk: 130, d: 16, dv: 16, layout: sharedKV},
		{b: 3, heads: 2, nq: 9, nk: 67, d: 8, dv: 12, layout: sharedQ},
		{b: 2, heads: 1, nq: 33, nk: 65, d: 256, dv: 64, layout: separate},
		{b: 1, heads: 8, nq: 7, nk: 259, d: 16, dv: 16, layout: padded},
		{b: 1, heads: 1, nq: 5, nk: 1031, d: 4, dv: 4, layout: separate},
		{b: 1, heads: 1, nq: 515, nk: 3, d: 4, dv: 4, layout: separate},
		{b: 67, heads: 2, nq: 16, nk: 16, d: 6, dv: 6, layout: packed},
		{b: 1, heads: 2, nq: 19, nk: 70, d: 32, dv: 32, layout: separate, scale: 30},
		{b: 1, heads: 1, nq: 9, nk: 33, d: 16, dv: 8, layout: separate, noLSE: true},
	}
	for _, d := range []int{4, 6, 16, 32, 64, 96, 112, 256} { // the head widths of the models
		list = append(list,
			attentionCase{b: 2, heads: 2, nq: 49, nk: 49, d: d, dv: d, layout: packed},
			attentionCase{b: 1, heads: 1, nq: 35, nk: 71, d: d, dv: max(1, d/4), layout: padded},
		)
	}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list,
			attentionCase{b: 1, heads: 1, nq: limit/32 + 3, nk: 5, d: 32, dv: 32, layout: separate},      // Q and O
			attentionCase{b: 1, heads: 1, nq: 5, nk: limit/32 + 3, d: 32, dv: 32, layout: separate},      // K and V
			attentionCase{b: limit/(3*16*16) + 2, heads: 2, nq: 16, nk: 16, d: 8, dv: 8, layout: packed}, // the batch
			attentionCase{b: 1, heads: 1, nq: limit/512 + 1, nk: 517, d: 4, dv: 4, layout: separate},     // the scores
		)
	}
	if dev, ok := s.dev.(backend.KeyRepeater); ok && dev.RepeatsKeys() {
		list = append(list,
			attentionCase{b: 1, heads: 1, nq: 3, nk: 1, d: 4, dv: 4, layout: separate, repeats: 7},
			attentionCase{b: 5, heads: 2, nq: 64, nk: 65, d: 32, dv: 32, layout: separate, repeats: 132},
			attentionCase{b: 1, heads: 1, nq: 35, nk: 241, d: 6, dv: 5, layout: padded, repeats: 3},
			attentionCase{b: 1, heads: 1, nq: 40, nk: 240, d: 8, dv: 8, layout: separate, repeats: 100},
		)
	}
	return slices.DeleteFunc(list, func(c attentionCase) bool { return c.hopeless(s.opts) })
}

func attentionCases(s *suite) []kernelCase {
	list := attentionList(s)
	if s.opts.Large {
		list = append(list,
			attentionCase{b: 1, heads: 1, nq: 37, nk: 28736, d: 256, dv: 64, layout: separate},
			attentionCase{b: 1, heads: 1, nq: 131, nk: 4096, d: 256, dv: 256, layout: separate},
			attentionCase{b: 1, heads: 4, nq: 67, nk: 4096, d: 96, dv: 96, layout: separate},
			attentionCase{b: 9, heads: 4, nq: 196, nk: 196, d: 96, dv: 96, layout: packed})
	}
	cases := make([]kernelCase, len(list))
	for i, c := range list {
		cases[i] = kernelCase{c.String(), c.runForward}
	}
	return cases
}

func attentionBackwardCases(s *suite) []kernelCase {
	list := attentionList(s)
	if s.opts.Large {
		list = append(list,
			attentionCase{b: 1, heads: 1, nq: 37, nk: 4099, d: 256, dv: 64, layout: separate},
			attentionCase{b: 2, heads: 4, nq: 196, nk: 196, d: 96, dv: 96, layout: packed})
	}
	var cases []kernelCase
	for _, c := range list {
		if !c.noLSE {
			cases = append(cases, kernelCase{c.String(), c.runBackward})
		}
	}
	return cases
}

// place is where a matrix of heads lies: a backend.Heads before its buffer exists.
type place struct {
	in              *operand
	off, batch, row int
}

func (p place) heads(buf buffers) backend.Heads {
	return backend.Heads{Buf: buf(p.in), Off: p.off, Batch: p.batch, Row: p.row}
}

// places declares Q, K and V, or their gradients.
func (c attentionCase) places(prefix string, declare func(name string, n int) *operand) (q, k, v place) {
	if c.layout == packed {
		row := 3 * c.heads * c.d
		all := declare(prefix+"QKV", c.b*c.nq*row)
		at := func(i int) place { return place{all, i * c.heads * c.d, c.nq * row, row} }
		return at(0), at(1), at(2)
	}
	q = c.place(prefix+"Q", c.nq, c.d, c.layout == sharedQ, declare)
	k = c.place(prefix+"K", c.nk, c.d, c.layout == sharedKV, declare)
	v = c.place(prefix+"V", c.nk, c.dv, c.layout == sharedKV, declare)
	return q, k, v
}

func (c attentionCase) place(name string, tokens, width int, shared bool, declare func(string, int) *operand) place {
	p := place{row: c.heads * width}
	if c.layout == padded {
		p.off, p.row = 5, c.heads*width+3
	}
	p.batch = tokens * p.row
	if c.layout == padded {
		p.batch += 7
	}
	items := c.b
	if shared {
		p.batch, items = 0, 1
	}
	p.in = declare(name, p.off+max(p.batch, tokens*p.row)*items)
	return p
}

func (c attentionCase) args(buf buffers, q, k, v, o place, lse *operand) backend.Attention {
	scale := c.scale
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(c.d)))
	}
	return backend.Attention{Q: q.heads(buf), K: k.heads(buf), V: v.heads(buf), O: o.heads(buf), LSE: buf(lse),
		B: c.b, Heads: c.heads, Nq: c.nq, Nk: c.nk, D: c.d, Dv: c.dv, Scale: scale, Repeats: c.repeats}
}

func (c attentionCase) tolerance(o Options, backward bool) Tolerance {
	if o.BF16 {
		return c.rounded(o, backward)
	}
	if c.scale > 1 {
		return sharp
	}
	return softmax
}

func (c attentionCase) runForward(t *trial) {
	q, k, v := c.places("", t.input)
	o := c.place("O", c.nq, c.dv, false, t.output)
	var lse *operand
	if !c.noLSE {
		lse = t.output("LSE", c.b*c.heads*c.nq)
	}
	t.compare(c.tolerance(t.suite.opts, false), func(kernels backend.Kernels, buf buffers) {
		kernels.Attention(c.args(buf, q, k, v, o, lse))
	})
}

func (c attentionCase) runBackward(t *trial) {
	q, k, v := c.places("", t.input)
	o := c.place("O", c.nq, c.dv, false, t.input)
	lse := t.input("LSE", c.b*c.heads*c.nq)
	t.prepare(func(kernels backend.Kernels, buf buffers) {
		kernels.Attention(c.args(buf, q, k, v, o, lse))
	})
	do := c.place("DO", c.nq, c.dv, false, t.input)
	dq, dk, dv := c.places("D", t.accumulator)
	tol := c.tolerance(t.suite.opts, true)
	terms := max(c.nq, c.nk) // of a gradient: sums of products whose weights add up to 1 along the keys
	tol.Abs += 1e-7 * float64(terms)
	if c.scale > 1 {
		tol.Abs *= float64(c.scale)
	}
	t.compare(tol, func(kernels backend.Kernels, buf buffers) {
		kernels.AttentionBackward(backend.AttentionBackward{
			Attention: c.args(buf, q, k, v, o, lse),
			DO:        do.heads(buf), DQ: dq.heads(buf), DK: dk.heads(buf), DV: dv.heads(buf),
		})
	})
}

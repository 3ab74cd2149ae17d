package wgsl

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// scoreWords limits the scores that exist at a time: 64 MiB.
const scoreWords = 16 << 20

// headMatrix returns the tokens of t as matrices [N,width], for items (b, h).
func headMatrix(t backend.Heads, width int) matrix {
	return matrix{t.Buf, t.Off, t.Row, t.Batch, width}
}

// few is the number of queries or keys below which tiles of 64 waste too much.
const few = 32

// Attention implements backend.Kernels. It chooses among three implementations:
//
//   - windowAttention holds all scores of 8 queries in workgroup memory. It is for few keys, or few queries if their scores fit.
//   - fusedAttention holds one tile of the scores at a time in registers.
//   - attentionByProducts stores scores in a buffer. It is for values too wide for a workgroup, and for keys of a head that do not fit
//     a binding.
//
// Per word of K or V read, the first does 16 FLOP, the second 64 or more; but it pads to tiles, which can waste up to three quarters of
// the work if there are just more than few queries or keys. Lavapipe has no fast workgroup memory and would run long attention two to
// four times faster through buffers, but it takes the same path as GPUs, because its purpose is to check them.
func (d *Device) Attention(a backend.Attention) {
	a.Check()
	refuseRepeats(a)
	one := items{0, 1, a.Heads}
	bindable := d.fits(one.span(headMatrix(a.K, a.D), a.Nk, a.D)) && d.fits(one.span(headMatrix(a.V, a.Dv), a.Nk, a.Dv))
	tiled := a.Dv <= d.limits.fusedWidth
	switch {
	case bindable && a.Nk <= d.limits.windowKeys && (a.Nk <= few || a.Nq <= few || !tiled):
		d.windowAttention(a)
	case bindable && tiled:
		d.fusedAttention(a)
	default:
		d.attentionByProducts(a)
	}
}

// refuseRepeats panics if the last key counts more than once: this device is no backend.KeyRepeater.
func refuseRepeats(a backend.Attention) {
	if a.Repeats > 1 {
		panic(fmt.Sprintf("wgsl.Attention: got Repeats %d, want 0 or 1", a.Repeats))
	}
}

// attentionByProducts computes the scores as a matrix product, then their softmax, then a product with the values, for as many
// heads or query rows at a time as scoreWords allows.
func (d *Device) attentionByProducts(a backend.Attention) {
	for _, c := range d.scoreChunks(a) {
		scores := d.Alloc(c.items.n * c.rows * a.Nk)
		d.product(c.scores(a, scores))
		d.softmax(a, c, scores)
		d.product(c.weighted(a, scores))
		d.Free(scores)
	}
}

// attentionPart is a chunk of an attention that is computed by one launch, with its operands and their bindings.
type attentionPart struct {
	scoreChunk
	q, k, v, o          matrix
	sq, sk, sv, so, lse span // the bindings of q, k, v, o and LSE
	lseStride           int  // words of LSE from item to item
}

// work is the part's FLOP.
func (p attentionPart) work(a backend.Attention) float64 {
	return 2 * float64(p.items.n*p.rows) * float64(a.Nk*(a.D+a.Dv))
}

// part binds the operands of chunk c.
func (c scoreChunk) part(a backend.Attention) attentionPart {
	p := attentionPart{scoreChunk: c, q: headMatrix(a.Q, a.D).rows(c.row), k: headMatrix(a.K, a.D), v: headMatrix(a.V, a.Dv),
		o: headMatrix(a.O, a.Dv).rows(c.row), lse: c.lse(a), lseStride: a.Nq}
	p.sq, p.sk = c.items.span(p.q, c.rows, a.D), c.items.span(p.k, a.Nk, a.D)
	p.sv, p.so = c.items.span(p.v, a.Nk, a.Dv), c.items.span(p.o, c.rows, a.Dv)
	return p
}

// eachPart calls run for c, or for parts of it if it is too large for the bindings, the grid or a submission. A workgroup
// computes the given number of queries.
func (d *Device) eachPart(a backend.Attention, c scoreChunk, queries int, run func(attentionPart)) {
	p := c.part(a)
	fit := p.work(a) <= d.limits.batchWork && ceilDiv(c.rows, queries) <= d.limits.workgroups && c.items.n <= d.limits.workgroups
	for _, s := range p.spans() {
		fit = fit && d.fits(s)
	}
	switch half := c; {
	case !fit && c.items.n > 1:
		half.items.n /= 2
		d.eachPart(a, half, queries, run)
		d.eachPart(a, scoreChunk{items{c.items.first + half.items.n, c.items.n - half.items.n, a.Heads}, c.row, c.rows}, queries, run)
	case !fit && c.rows > queries:
		half.rows = halfOf(c.rows, queries)
		d.eachPart(a, half, queries, run)
		d.eachPart(a, scoreChunk{c.items, c.row + half.rows, c.rows - half.rows}, queries, run)
	default:
		run(p)
	}
}

// spans returns the bindings of windowattention.wgsl and fusedattention.wgsl.
func (p attentionPart) spans() []span { return []span{p.sq, p.sk, p.sv, p.so, p.lse} }

// params returns the params that both begin with.
func (p attentionPart) params(a backend.Attention) params {
	return params{{"rows", p.rows}, {"keys", a.Nk}, {"width", a.D}, {"value_width", a.Dv}}.
		and(matrixParams("q", p.q, p.sq)...).and(matrixParams("k", p.k, p.sk)...).
		and(matrixParams("v", p.v, p.sv)...).and(matrixParams("o", p.o, p.so)...).
		and(params{{"first", p.items.first}, {"inner", a.Heads}, {"lse_base", p.lse.base}, {"lse_stride", p.lseStride},
			{"has_lse", p.lse.buf != nil}}...)
}

// loads returns the placeholders for loading four words of q, k and v: as a vec4 if wide is set and all rows begin at multiples
// of 4 words, otherwise by the expression narrow, in which %[1]s stands for the name of the matrix.
func (p attentionPart) loads(wide bool, narrow string) []string {
	element, load := "f32", narrow
	if wide && p.q.aligned() && p.k.aligned() && p.v.aligned() {
		element, load = "vec4<f32>", "%[1]s[at / 4u]"
	}
	return []string{"{{ELEMENT}}", element, "{{LOAD_Q}}", fmt.Sprintf(load, "q"), "{{LOAD_K}}", fmt.Sprintf(load, "k"),
		"{{LOAD_V}}", fmt.Sprintf(load, "v")}
}

// scoreChunk is some query rows, from row on, of some items (b, h). If it has more than one item, it has all rows.
type scoreChunk struct {
	items     items
	row, rows int
}

// scoreChunks divides a into chunks whose scores fit scoreWords, a binding, and a launch.
func (d *Device) scoreChunks(a backend.Attention) []scoreChunk {
	groups := d.limits.workgroups * d.limits.workgroups // one for each row in softmax.wgsl, for 256 scores in attentionbackward.wgsl
	most := min(scoreWords, d.bindingWords(), groups*256)
	if a.Nk > most {
		d.fail(fmt.Errorf("wgsl: attention over %d keys: this device holds scores of at most %d", a.Nk, most))
		return nil
	}
	var cs []scoreChunk
	if each := min(most/(a.Nq*a.Nk), groups/a.Nq); each > 0 {
		for _, c := range split(a.B*a.Heads, each) {
			cs = append(cs, scoreChunk{items{c.start, c.n, a.Heads}, 0, a.Nq})
		}
		return cs
	}
	for z := range a.B * a.Heads {
		for _, c := range split(a.Nq, min(most/a.Nk, groups)) {
			cs = append(cs, scoreChunk{items{z, 1, a.Heads}, c.start, c.n})
		}
	}
	return cs
}

// dense returns matrices [rows,width] for the items of the chunk, in a buffer of their own.
func (c scoreChunk) dense(buf backend.Buffer, width int) matrix {
	size := c.rows * width
	return matrix{buf, -c.items.first * size, width, c.items.inner * size, size}
}

// scores returns the product S = Scale * Q K^T.
func (c scoreChunk) scores(a backend.Attention, s backend.Buffer) product {
	return product{a: headMatrix(a.Q, a.D).rows(c.row), b: headMatrix(a.K, a.D), c: c.dense(s, a.Nk), transB: true,
		m: c.rows, n: a.Nk, k: a.D, items: c.items, alpha: a.Scale}
}

// weighted returns the product O = P V.
func (c scoreChunk) weighted(a backend.Attention, p backend.Buffer) product {
	return product{a: c.dense(p, a.Nk), b: headMatrix(a.V, a.Dv), c: headMatrix(a.O, a.Dv).rows(c.row),
		m: c.rows, n: a.Dv, k: a.Nk, items: c.items, alpha: 1}
}

// lse binds the chunk's part of LSE [B,Heads,Nq].
func (c scoreChunk) lse(a backend.Attention) span {
	if a.LSE == nil {
		return span{}
	}
	return window(a.LSE, c.items.first*a.Nq+c.row, c.items.n*c.rows)
}

// softmax replaces the scores of the chunk by probabilities, and stores their LSE.
func (d *Device) softmax(a backend.Attention, c scoreChunk, scores backend.Buffer) {
	rows := c.items.n * c.rows
	lse := c.lse(a)
	d.launch(d.kernel("softmax.wgsl"), d.grid(rows, 1), 8*float64(rows)*float64(a.Nk),
		[]span{whole(scores), lse},
		params{{"rows", rows}, {"keys", a.Nk}, {"lse_base", lse.base}, {"has_lse", a.LSE != nil}})
}

package wgsl

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// scoreWords is the most words of scores that exist at a time: 64 MiB.
const scoreWords = 16 << 20

// headMatrix is t's tokens [N, width] as items (b, h).
func headMatrix(t backend.Heads, width int) matrix {
	return matrix{t.Buf, t.Off, t.Row, t.Batch, width}
}

// Attention computes softmax attention: a product for the scores, their softmax, a product with the values, for as many
// heads or query rows at a time as scoreWords admits. Few keys run in one kernel (windowattention.go).
func (d *Device) Attention(a backend.Attention) {
	a.Check()
	if d.windowed(a) {
		d.windowAttention(a)
		return
	}
	for _, c := range d.scoreChunks(a) {
		scores := d.Alloc(c.items.n * c.rows * a.Nk)
		d.product(c.scores(a, scores))
		d.softmax(a, c, scores)
		d.product(c.weighted(a, scores))
		d.Free(scores)
	}
}

// scoreChunk is the scores of query rows row..row+rows of some items (b, h): all rows, or a single item.
type scoreChunk struct {
	items     items
	row, rows int
}

// scoreChunks covers a's scores [B, Heads, Nq, Nk].
func (d *Device) scoreChunks(a backend.Attention) []scoreChunk {
	groups := d.limits.workgroups * d.limits.workgroups // one per row in softmax.wgsl, per 256 scores in the backward pass
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

// dense is the chunk's matrices of the given width in a buffer of their own.
func (c scoreChunk) dense(buf backend.Buffer, width int) matrix {
	size := c.rows * width
	return matrix{buf, -c.items.first * size, width, c.items.inner * size, size}
}

// scores is S = Scale * Q K^T.
func (c scoreChunk) scores(a backend.Attention, s backend.Buffer) product {
	return product{a: headMatrix(a.Q, a.D).rows(c.row), b: headMatrix(a.K, a.D), c: c.dense(s, a.Nk), transB: true,
		m: c.rows, n: a.Nk, k: a.D, items: c.items, alpha: a.Scale}
}

// weighted is O = P V.
func (c scoreChunk) weighted(a backend.Attention, p backend.Buffer) product {
	return product{a: c.dense(p, a.Nk), b: headMatrix(a.V, a.Dv), c: headMatrix(a.O, a.Dv).rows(c.row),
		m: c.rows, n: a.Dv, k: a.Nk, items: c.items, alpha: 1}
}

// lse is the chunk's part of LSE [B, Heads, Nq].
func (c scoreChunk) lse(a backend.Attention) span {
	if a.LSE == nil {
		return span{}
	}
	return window(a.LSE, c.items.first*a.Nq+c.row, c.items.n*c.rows)
}

// softmax normalizes the rows of scores in place.
func (d *Device) softmax(a backend.Attention, c scoreChunk, scores backend.Buffer) {
	rows := c.items.n * c.rows
	lse := c.lse(a)
	d.launch(d.kernel("softmax.wgsl"), d.grid(rows, 1), 8*float64(rows)*float64(a.Nk),
		[]span{whole(scores), lse},
		params{{"rows", rows}, {"keys", a.Nk}, {"lse_base", lse.base}, {"has_lse", a.LSE != nil}})
}

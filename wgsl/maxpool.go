package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// poolPiece is some output rows, counted over the flattened [B,H/2], and the image rows lo..hi-1 under them, counted over the
// flattened [B,H].
type poolPiece struct {
	r      chunk
	lo, hi int
}

// poolPieces splits the pooling of images [b,h,w,c].
func (d *Device) poolPieces(b, h, w, c int) []poolPiece {
	half, line := h/2, w*c
	var pieces []poolPiece
	for _, r := range d.runs(b*half, ceilDiv(h, half)*line, 1, float64(4*line)) {
		last := r.start + r.n - 1
		pieces = append(pieces, poolPiece{r, r.start/half*h + r.start%half*2, last/half*h + last%half*2 + 2})
	}
	return pieces
}

// MaxPool implements backend.Kernels.
func (d *Device) MaxPool(a backend.MaxPool) {
	a.Check()
	e := elementOf(a.C)
	k := d.kernel("maxpool.wgsl", e.replace...)
	line, out := a.W*a.C, a.W/2*a.C
	for _, q := range d.poolPieces(a.B, a.H, a.W, a.C) {
		n := q.r.n * out
		d.run(k, n/e.width, float64(5*n),
			[]span{window(a.X, q.lo*line, (q.hi-q.lo)*line), window(a.Y, q.r.start*out, n)},
			params{{"count", n / e.width}, {"first", q.r.start}, {"x_row", q.lo}, {"h", a.H}, {"w", a.W}, {"c", a.C / e.width}})
	}
}

// MaxPoolBackward implements backend.Kernels.
func (d *Device) MaxPoolBackward(a backend.MaxPoolBackward) {
	a.Check()
	k := d.kernel("maxpoolbackward.wgsl")
	line, out := a.W*a.C, a.W/2*a.C
	for _, q := range d.poolPieces(a.B, a.H, a.W, a.C) {
		n := q.r.n * out
		rows := (q.hi - q.lo) * line
		d.run(k, n, float64(6*n),
			[]span{window(a.X, q.lo*line, rows), window(a.DY, q.r.start*out, n), window(a.DX, q.lo*line, rows)},
			params{{"count", n}, {"first", q.r.start}, {"x_row", q.lo}, {"h", a.H}, {"w", a.W}, {"c", a.C}})
	}
}

package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// lossWork is the estimated number of operations per pixel of the mask loss.
const lossWork = 60

// lossPiece is the pixels c of the masks b: all pixels, unless there is one mask.
type lossPiece struct {
	b, c  chunk
	phase int // b.start modulo Repeat: the truth of mask i of the piece is number (phase+i)/Repeat in the binding truth
	truth span
}

// lossPieces splits b masks of p pixels, repeat of which share a truth.
func (d *Device) lossPieces(truth backend.Buffer, b, p, repeat int) []lossPiece {
	var pieces []lossPiece
	for _, o := range d.runs(b, p, 0, lossWork*float64(p)) {
		first, last := o.start/repeat, (o.start+o.n-1)/repeat
		for _, c := range d.chunks(p, o.n) { // a single one, unless a mask alone is too large to bind
			pieces = append(pieces, lossPiece{o, c, o.start % repeat, window(truth, first*p+c.start, (last-first)*p+c.n)})
		}
	}
	return pieces
}

// MaskLoss implements backend.Kernels.
func (d *Device) MaskLoss(a backend.MaskLoss) {
	a.Check()
	const sums = 8 // per mask in maskloss.wgsl
	pieces := d.lossPieces(a.T, a.B, a.P, a.Repeat)
	k := d.kernel("maskpixel.wgsl+maskloss.wgsl")
	total := d.Alloc(a.B * sums)
	for _, q := range pieces {
		n := q.b.n * q.c.n
		segments := ceilDiv(q.c.n, sumTerms)
		part := d.Alloc(q.b.n * segments * sums)
		d.run(k, q.b.n*segments, lossWork*float64(n),
			[]span{window(a.X, q.b.start*a.P+q.c.start, n), q.truth, whole(part)},
			params{{"count", q.b.n * segments}, {"pixels", q.c.n}, {"repeat", a.Repeat}, {"phase", q.phase},
				{"segments", segments}, {"alpha", a.Alpha}})
		d.sum(whole(part), window(total, q.b.start*sums, q.b.n*sums), q.b.n, segments, sums, 1, q.c.start > 0)
		d.Free(part)
	}
	d.run(d.kernel("masklossfinish.wgsl"), a.B, float64(a.B*sums),
		[]span{whole(total), window(a.Out, 0, a.B*backend.MaskLossTerms)}, params{{"count", a.B}})
	d.Free(total)
}

// MaskLossBackward implements backend.Kernels.
func (d *Device) MaskLossBackward(a backend.MaskLossBackward) {
	a.Check()
	k := d.kernel("maskpixel.wgsl+masklossbackward.wgsl")
	for _, q := range d.lossPieces(a.T, a.B, a.P, a.Repeat) {
		n := q.b.n * q.c.n
		at := q.b.start*a.P + q.c.start
		d.run(k, n, lossWork*float64(n),
			[]span{window(a.X, at, n), q.truth, window(a.G, q.b.start*3, q.b.n*3), window(a.DX, at, n)},
			params{{"count", n}, {"pixels", q.c.n}, {"repeat", a.Repeat}, {"phase", q.phase}, {"alpha", a.Alpha}})
	}
}

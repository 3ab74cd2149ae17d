package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

const (
	sumTerms = 64  // per thread, in every stage but the last
	sumLast  = 256 // per thread, in the last stage
)

// Sum implements backend.Kernels. It splits what does not fit by outer items first; if a single item does not fit, by terms; if a
// single term of all columns does not fit, by columns.
func (d *Device) Sum(a backend.Sum) {
	a.Check()
	for _, o := range d.chunks(a.Outer, a.N*a.Inner) {
		for i, c := range d.chunks(a.N, o.n*a.Inner) {
			for _, col := range d.chunks(a.Inner, o.n*c.n) {
				x := window(a.X, (o.start*a.N+c.start)*a.Inner+col.start, o.n*c.n*col.n)
				y := window(a.Y, o.start*a.Inner+col.start, o.n*col.n)
				d.sum(x, y, o.n, c.n, col.n, a.P, a.Accumulate || i > 0)
			}
		}
	}
}

// sum stores p times the sum of x [outer,n,inner] over n in y [outer,inner], or adds it. It sums in stages: sum.wgsl.
func (d *Device) sum(x, y span, outer, n, inner int, p float32, accumulate bool) {
	e := elementOf(inner, x.base, y.base)
	k := d.kernel("sum.wgsl", e.replace...)
	stage := func(y span, segments int, p float32, accumulate bool) {
		threads := outer * segments * inner / e.width
		d.run(k, threads, float64(outer*n*inner), []span{x, y},
			params{{"count", threads}, {"n", n}, {"segments", segments}, {"inner", inner / e.width},
				{"accumulate", accumulate}, {"p", p}})
	}
	var last backend.Buffer
	for n > sumLast {
		segments := ceilDiv(n, sumTerms)
		part := d.Alloc(outer * segments * inner)
		stage(whole(part), segments, 1, false)
		d.Free(last)
		last, x, n = part, whole(part), segments
	}
	stage(y, 1, p, accumulate)
	d.Free(last)
}

package wgsl

import (
	"strconv"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// DepthwiseConv implements backend.Kernels.
func (d *Device) DepthwiseConv(a backend.DepthwiseConv) {
	a.Check()
	d.depthwise(a, false, false)
}

// depthwise convolves, with the kernel rotated by 180 degrees if flip is set.
func (d *Device) depthwise(a backend.DepthwiseConv, flip, accumulate bool) {
	e := elementOf(a.C)
	k := d.kernel("depthwise.wgsl", e.with("{{KERNEL}}", strconv.Itoa(a.K), "{{SPAN}}", strconv.Itoa(a.K+7))...)
	line := a.W * a.C
	strips := ceilDiv(a.W, 8)
	bias := a.Bias
	if bias == nil {
		bias = a.Weight // bound but not read
	}
	for _, r := range d.depthwiseRuns(a.B*a.H, line, a.K) {
		lo, hi := r.reach(a.B*a.H, a.K/2)
		threads := r.n * strips * a.C / e.width
		d.run(k, threads, float64(2*a.K*a.K*r.n*line), []span{
			window(a.X, lo*line, (hi-lo)*line), window(a.Weight, 0, a.K*a.K*a.C), window(bias, 0, a.C),
			window(a.Y, r.start*line, r.n*line),
		}, params{{"count", threads}, {"first", r.start}, {"x_row", lo}, {"h", a.H}, {"w", a.W}, {"c", a.C / e.width},
			{"has_bias", a.Bias != nil}, {"flip", flip}, {"accumulate", accumulate}})
	}
}

// depthwiseRuns splits the rows of a batch of images, of line words each.
func (d *Device) depthwiseRuns(rows, line, k int) []chunk {
	return d.runs(rows, line, k-1, float64(2*k*k*line))
}

// reach returns the range lo..hi-1 of items that are at most halo away from c.
func (c chunk) reach(items, halo int) (lo, hi int) {
	return max(c.start-halo, 0), min(c.start+c.n+halo, items)
}

// DepthwiseConvBackward implements backend.Kernels.
func (d *Device) DepthwiseConvBackward(a backend.DepthwiseConvBackward) {
	a.Check()
	if a.DX != nil {
		d.depthwise(backend.DepthwiseConv{X: a.DY, Weight: a.Weight, Y: a.DX, B: a.B, H: a.H, W: a.W, C: a.C, K: a.K}, true, true)
	}
	if a.DWeight != nil {
		d.depthwiseWeight(a)
	}
	if a.DBias != nil {
		d.Sum(backend.Sum{X: a.DY, Y: a.DBias, Outer: 1, N: a.B * a.H * a.W, Inner: a.C, P: 1, Accumulate: true})
	}
}

// depthwiseWeight adds the gradient of the weights.
func (d *Device) depthwiseWeight(a backend.DepthwiseConvBackward) {
	e := elementOf(a.C)
	k := d.kernel("depthwiseweight.wgsl", e.with("{{KERNEL}}", strconv.Itoa(a.K))...)
	line := a.W * a.C
	taps := a.K * a.K * a.C
	for _, r := range d.depthwiseRuns(a.B*a.H, line, a.K) {
		lo, hi := r.reach(a.B*a.H, a.K/2)
		segments := ceilDiv(r.n, ceilDiv(sumTerms, a.W)) // enough rows for about sumTerms products per tap
		part := d.Alloc(segments * taps)
		threads := segments * a.K * a.C / e.width
		d.run(k, threads, float64(2*a.K*a.K*r.n*line),
			[]span{window(a.X, lo*line, (hi-lo)*line), window(a.DY, r.start*line, r.n*line), whole(part)},
			params{{"count", threads}, {"first", r.start}, {"x_row", lo}, {"rows", r.n}, {"h", a.H}, {"w", a.W},
				{"c", a.C / e.width}, {"segments", segments}})
		d.sum(whole(part), window(a.DWeight, 0, taps), 1, segments, taps, 1, true)
		d.Free(part)
	}
}

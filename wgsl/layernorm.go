package wgsl

import (
	"strconv"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// rowKernel returns the kernel in a file that reduces rows, and the number of threads that share a row ({{LANES}}). On adapters
// that are CPUs, one thread per row is fastest; on GPUs, adjacent threads should read adjacent words.
func (d *Device) rowKernel(file string, e element, more ...string) (k *kernel, lanes int) {
	lanes = 32
	if d.info.Kind == Software {
		lanes = 1
	}
	return d.kernel("rowtotal.wgsl+"+file, append(e.with("{{LANES}}", strconv.Itoa(lanes)), more...)...), lanes
}

// LayerNorm implements backend.Kernels.
func (d *Device) LayerNorm(a backend.LayerNorm) {
	a.Check()
	e := elementOf(a.C)
	k, lanes := d.rowKernel("erf.wgsl+layernorm.wgsl", e, accessOf(a.X == a.Y)...)
	for _, c := range d.chunks(a.Rows, a.C) {
		at, n := c.start*a.C, c.n*a.C
		d.run(k, c.n*lanes, float64(8*n),
			[]span{window(a.X, at, n), window(a.Gamma, 0, a.C), window(a.Beta, 0, a.C), window(a.Y, at, n)},
			params{{"rows", c.n}, {"c", a.C / e.width}, {"eps", a.Eps}, {"act", int(a.Act)}})
	}
}

// LayerNormBackward implements backend.Kernels.
func (d *Device) LayerNormBackward(a backend.LayerNormBackward) {
	a.Check()
	e := elementOf(a.C)
	k, lanes := d.rowKernel("layernormstats.wgsl", e)
	for _, c := range d.chunks(a.Rows, max(a.C, 4)) {
		at, n := c.start*a.C, c.n*a.C
		x, dy, gamma := window(a.X, at, n), window(a.DY, at, n), window(a.Gamma, 0, a.C)
		stats := d.Alloc(4 * c.n)
		d.run(k, c.n*lanes, float64(10*n), []span{x, gamma, dy, whole(stats)},
			params{{"rows", c.n}, {"c", a.C / e.width}, {"eps", a.Eps}})
		if a.DX != nil {
			d.run(d.kernel("layernorminput.wgsl", e.replace...), n/e.width, float64(10*n),
				[]span{x, gamma, dy, whole(stats), window(a.DX, at, n)},
				params{{"count", n / e.width}, {"c", a.C / e.width}, {"overwrite", a.Overwrite}})
		}
		if a.DGamma != nil {
			segments := ceilDiv(c.n, sumTerms)
			part := d.Alloc(segments * a.C)
			threads := segments * a.C / e.width
			d.run(d.kernel("layernormscale.wgsl", e.replace...), threads, float64(4*n),
				[]span{x, dy, whole(stats), whole(part)},
				params{{"count", threads}, {"rows", c.n}, {"c", a.C / e.width}, {"segments", segments}})
			d.sum(whole(part), window(a.DGamma, 0, a.C), 1, segments, a.C, 1, true)
			d.Free(part)
		}
		d.Free(stats)
	}
	if a.DBeta != nil {
		d.Sum(backend.Sum{X: a.DY, Y: a.DBeta, Outer: 1, N: a.Rows, Inner: a.C, P: 1, Accumulate: true})
	}
}

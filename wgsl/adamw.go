//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// AdamW implements backend.Kernels.
func (d *Device) AdamW(a backend.AdamW) {
	a.Check()
	k := d.kernel("adamw.wgsl")
	decay := float32(1 - float64(a.LR)*float64(a.WeightDecay))
	for _, c := range d.chunks(a.N, 1) {
		d.run(k, c.n, float64(20*c.n),
			[]span{window(a.Param, c.start, c.n), window(a.G, c.start, c.n), window(a.M, c.start, c.n), window(a.V, c.start, c.n)},
			c.n, a.GradScale, a.Beta1, 1-a.Beta1, a.Beta2, 1-a.Beta2, decay, a.LR/a.Correction1, 1/a.Correction2, a.Eps)
	}
}

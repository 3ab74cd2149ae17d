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
			params{{"n", c.n}, {"grad_scale", a.GradScale}, {"beta1", a.Beta1}, {"one_minus_beta1", 1 - a.Beta1},
				{"beta2", a.Beta2}, {"one_minus_beta2", 1 - a.Beta2}, {"decay", decay}, {"step", a.LR / a.Correction1},
				{"inverse2", 1 / a.Correction2}, {"eps", a.Eps}})
	}
}

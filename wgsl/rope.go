package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// RoPE implements backend.Kernels.
func (d *Device) RoPE(a backend.RoPE) {
	a.Check()
	k := d.kernel("rope.wgsl", accessOf(a.X == a.Y)...)
	turn := float32(1)
	if a.Inverse {
		turn = -1
	}
	for _, c := range d.chunks(a.B*a.N, a.C) {
		pairs := c.n * a.C / 2
		d.run(k, pairs, float64(10*pairs),
			[]span{window(a.X, c.start*a.C, c.n*a.C), window(a.Table, 0, a.Period*a.C), window(a.Y, c.start*a.C, c.n*a.C)},
			params{{"count", pairs}, {"first", c.start}, {"n", a.N}, {"pairs", a.C / 2}, {"rotated", a.Rotated},
				{"period", a.Period}, {"turn", turn}, {"accumulate", a.Accumulate}})
	}
}

package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Zip implements backend.Kernels.
func (d *Device) Zip(a backend.Zip) {
	a.Check()
	whole := block{axes: mergeAxes(a.Dims[:], a.XStride[:], a.YStride[:]), off: [2]int{a.XOff, a.YOff}}
	d.blocks(whole, cutOuter, func(b block) {
		n := b.size()
		e, axes := b.element(b.start)
		x, x0 := b.span(0, a.X)
		y, y0 := b.span(1, a.Y)
		for len(axes) < 3 {
			axes = append([]axis{{n: 1}}, axes...)
		}
		k := d.kernel("zip.wgsl", e.with(accessOf(a.X == a.Z || a.Y == a.Z)...)...)
		d.run(k, n/e.width, float64(3*n), []span{x, y, window(a.Z, b.start, n)},
			vector("dims", axes[0].n, axes[1].n, axes[2].n, n/e.width).
				and(vector("xs", axes[0].stride[0], axes[1].stride[0], axes[2].stride[0], x0/e.width)...).
				and(vector("ys", axes[0].stride[1], axes[1].stride[1], axes[2].stride[1], y0/e.width)...).
				and(params{{"op", int(a.Op)}, {"accumulate", a.Accumulate}, {"p", a.P}, {"q", a.Q}}...))
	})
}

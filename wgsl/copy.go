package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Copy implements backend.Kernels.
func (d *Device) Copy(a backend.Copy) {
	a.Check()
	whole := block{axes: mergeAxes(a.Dims[:], a.XStride[:], a.YStride[:]), off: [2]int{a.XOff, a.YOff}}
	d.blocks(whole, cutLongest, func(b block) {
		n := b.size()
		e, axes := b.element()
		x, x0 := b.span(0, a.X)
		y, y0 := b.span(1, a.Y)
		for len(axes) < 5 {
			axes = append([]axis{{n: 1}}, axes...)
		}
		k := d.kernel("halves.wgsl+copy.wgsl", e.with(append(accessOf(a.X == a.Y), elementLoad(x.buf, e.width)...)...)...)
		d.run(k, n/e.width, float64(2*n), []span{x, y},
			vector("dims", axes[1].n, axes[2].n, axes[3].n, axes[4].n).
				and(vector("xs", axes[1].stride[0], axes[2].stride[0], axes[3].stride[0], axes[4].stride[0])...).
				and(vector("ys", axes[1].stride[1], axes[2].stride[1], axes[3].stride[1], axes[4].stride[1])...).
				and(params{{"xs0", axes[0].stride[0]}, {"ys0", axes[0].stride[1]}, {"n", n / e.width},
					{"x0", x0 / e.width}, {"y0", y0 / e.width}, {"accumulate", a.Accumulate}}...))
	})
}

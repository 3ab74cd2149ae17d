package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Windows implements backend.Kernels. What does not fit is split by rows of windows.
func (d *Device) Windows(a backend.Windows) {
	a.Check()
	rows, cols := a.Across()
	e := elementOf(a.C)
	k := d.kernel("windows.wgsl", e.replace...)
	row := cols * a.Side * a.Side * a.C // words of a row of windows; the part of the image under it has at most as many
	line := func(row int) int { return row/rows*a.H + row%rows*a.Side }
	for _, c := range d.chunks(a.B*rows, row) {
		begin, end := line(c.start)*a.W*a.C, line(c.start+c.n)*a.W*a.C
		from, to := chunk{begin, end - begin}, chunk{c.start * row, c.n * row}
		if a.Inverse {
			from, to = to, from
		}
		count := to.n / e.width
		d.run(k, count, float64(2*to.n), []span{window(a.X, from.start, from.n), window(a.Y, to.start, to.n)},
			params{{"count", count}, {"h", a.H}, {"w", a.W}, {"c", a.C / e.width}, {"side", a.Side}, {"rows", rows}, {"cols", cols},
				{"first", c.start}, {"inverse", a.Inverse}, {"accumulate", a.Accumulate}})
	}
}

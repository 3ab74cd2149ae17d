package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

const (
	sumColumns = 1024 // columns per task
	sumRows    = 1024 // rows per task
)

// Sum implements backend.Kernels. The rows are divided into pieces of fixed size, whose sums are added in order.
func (d *Device) Sum(a backend.Sum) {
	a.Check()
	x := d.words(a.X, a.Outer*a.N*a.Inner)
	y := d.words(a.Y, a.Outer*a.Inner)
	columns, rows := (a.Inner+sumColumns-1)/sumColumns, (a.N+sumRows-1)/sumRows
	partial := make([]float64, a.Outer*rows*a.Inner) // [Outer,rows,Inner]
	d.parallel(a.Outer*rows*columns, min(a.N, sumRows)*min(a.Inner, sumColumns), func(lo, hi int) {
		for t := lo; t < hi; t++ {
			o, piece, c0 := t/(rows*columns), t/columns%rows, t%columns*sumColumns
			width := min(sumColumns, a.Inner-c0)
			acc := partial[(o*rows+piece)*a.Inner+c0:][:width]
			first, end := o*a.N+piece*sumRows, o*a.N+min(a.N, (piece+1)*sumRows)
			if a.Inner == 1 {
				acc[0] = sum(x[first:end])
				continue
			}
			d.addRows(acc, x[first*a.Inner+c0:], a.Inner, end-first)
		}
	})
	for o := range a.Outer {
		for i := range a.Inner {
			total := 0.0
			for r := range rows {
				total += partial[(o*rows+r)*a.Inner+i]
			}
			store(&y[o*a.Inner+i], float32(float64(a.P)*total), a.Accumulate)
		}
	}
}

// addRows adds n rows, ld words apart, to acc.
func (d *Device) addRows(acc []float64, x []float32, ld, n int) {
	const exact = 64 // rows that are summed in float32, before the sum is added in float64
	const few = 8    // rows for which that does not pay
	if d.plain || n < few || len(acc) < worthwhile {
		for i := range n {
			axpy(acc, 1, x[i*ld:][:len(acc)])
		}
		return
	}
	sums := make([]float32, len(acc))
	for i := 0; i < n; i += exact {
		clear(sums)
		d.kernels.AddRows(min(exact, n-i), sums, x[i*ld:], ld)
		axpy(acc, 1, sums)
	}
}

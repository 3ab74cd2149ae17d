package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// MatMul implements backend.Kernels.
func (d *Device) MatMul(a backend.MatMul) {
	a.Check()
	m := d.matmulArgs(a)
	if d.plain {
		f := d.productKernels(m.M, m.N, m.K)
		m.a, m.b = rounded(f, m.a), rounded(f, m.b)
		d.matmulPlain(m)
	} else {
		d.matmulFast(m)
	}
	if a.Turn.Columns > 0 {
		d.rotateRows(m)
	}
}

// rotateRows applies the Turn of m to C.
func (d *Device) rotateRows(m matmulArgs) {
	t := m.Turn
	table := d.words(t.Table, t.Period*t.Width)
	d.parallel(m.M, 2*t.Columns, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			token := r % t.N
			if token >= t.Rotated {
				continue
			}
			entry := table[token%t.Period*t.Width:][:t.Width]
			for at := r * m.N; at < r*m.N+t.Columns; at += t.Width {
				if row := m.c[at:][:t.Width]; d.plain || t.Width < worthwhile {
					rotate(row, row, entry, 1, false)
				} else {
					d.kernels.Rotate(row, row, entry)
				}
			}
		}
	})
}

// matmulArgs is a MatMul with its operands as slices.
type matmulArgs struct {
	backend.MatMul
	a, b, c, bias, residual []float32
}

func (d *Device) matmulArgs(a backend.MatMul) matmulArgs {
	last := a.Batch - 1
	return matmulArgs{
		MatMul:   a,
		a:        d.words(a.A, last*a.StrideA+a.M*a.K),
		b:        d.words(a.B, last*a.StrideB+a.K*a.N),
		c:        d.words(a.C, last*a.StrideC+a.M*a.N),
		bias:     d.optional(a.Bias, last*a.StrideBias+a.N),
		residual: d.optional(a.Residual, last*a.StrideC+a.M*a.N),
	}
}

// panelRows is the number of rows of C that are computed together, so that each word of B is read once for all of them.
const panelRows = 4

// matmulPlain computes panelRows rows of C at a time:
//
//	acc[j][r] = sum_k panel[k][r] * op(B)[k,j]        panel: rows of op(A), [K][panelRows]
func (d *Device) matmulPlain(m matmulArgs) {
	panels := (m.M + panelRows - 1) / panelRows
	d.parallel(m.Batch*panels, 2*panelRows*m.K*m.N, func(lo, hi int) {
		panel := make([][panelRows]float64, m.K)
		acc := make([][panelRows]float64, m.N)
		for t := lo; t < hi; t++ {
			item, row := t/panels, t%panels*panelRows
			rows := min(panelRows, m.M-row)
			m.loadPanel(panel, item, row, rows)
			m.multiplyPanel(acc, panel, m.b[item*m.StrideB:])
			m.storePanel(acc, item, row, rows)
		}
	})
}

// loadPanel copies rows of op(A) of an item, from row on; missing rows are 0.
func (m matmulArgs) loadPanel(panel [][panelRows]float64, item, row, rows int) {
	a := m.a[item*m.StrideA:]
	clear(panel)
	for r := range rows {
		for k := range panel {
			if m.TransA { // A [K,M]
				panel[k][r] = float64(a[k*m.M+row+r])
			} else { // A [M,K]
				panel[k][r] = float64(a[(row+r)*m.K+k])
			}
		}
	}
}

// multiplyPanel sets acc to the product of panel and op(B).
func (m matmulArgs) multiplyPanel(acc, panel [][panelRows]float64, b []float32) {
	if m.TransB { // B [N,K]: a dot product per column of C
		for j := range acc {
			var s [panelRows]float64
			brow := b[j*m.K:][:len(panel)]
			for k := range panel {
				p, x := &panel[k], float64(brow[k])
				s[0] += p[0] * x
				s[1] += p[1] * x
				s[2] += p[2] * x
				s[3] += p[3] * x
			}
			acc[j] = s
		}
		return
	}
	clear(acc)
	for k, p := range panel { // B [K,N]: add a multiple of each row of B
		brow := b[k*m.N:][:len(acc)]
		for j := range acc {
			s, x := &acc[j], float64(brow[j])
			s[0] += p[0] * x
			s[1] += p[1] * x
			s[2] += p[2] * x
			s[3] += p[3] * x
		}
	}
}

// storePanel is the epilogue: C = act(acc + Bias) + Residual, or C += act(acc + Bias).
func (m matmulArgs) storePanel(acc [][panelRows]float64, item, row, rows int) {
	for r := range rows {
		start := item*m.StrideC + (row+r)*m.N
		c := m.c[start:][:m.N]
		for j := range c {
			v := acc[j][r]
			if m.bias != nil {
				v += float64(m.bias[item*m.StrideBias+j])
			}
			y := activate(m.Act, float32(v))
			if m.residual != nil {
				y += m.residual[start+j]
			}
			store(&c[j], y, m.Accumulate)
		}
	}
}

package cpu

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// The tests in this file evaluate the formula in the contract, element by element, and compare.

const formulaTolerance = 1e-5 // sums of up to 13 products of normal numbers in float32

// TestMatMulFormula checks products with bias, activation and residual, for both layouts of each operand.
func TestMatMulFormula(t *testing.T) {
	const m, n, kk, batch = 5, 7, 13, 3
	a, b, bias, residual := normal(batch*m*kk), normal(batch*kk*n), normal(n), normal(batch*m*n)
	for trans := range 4 {
		transA, transB := trans&1 != 0, trans&2 != 0
		want := make([]float32, batch*m*n)
		for i := range want {
			item, row, col := i/(m*n), i/n%m, i%n
			s := float64(bias[col])
			for k := range kk {
				ai, bi := row*kk+k, k*n+col
				if transA {
					ai = k*m + row
				}
				if transB {
					bi = col*kk + k
				}
				s += float64(a[item*m*kk+ai]) * float64(b[item*kk*n+bi])
			}
			want[i] = float32(s*(1+math.Erf(s/math.Sqrt2))/2) + residual[i]
		}
		d := NewPlain()
		c := d.Alloc(batch * m * n)
		d.MatMul(backend.MatMul{A: upload(d, a...), B: upload(d, b...), C: c, M: m, N: n, K: kk, TransA: transA, TransB: transB,
			Batch: batch, StrideA: m * kk, StrideB: kk * n, StrideC: m * n,
			Bias: upload(d, bias...), Act: backend.GELU, Residual: upload(d, residual...)})
		require.InDeltaSlice(t, want, download(t, d, c), formulaTolerance, "transA %v transB %v", transA, transB)
	}
}

// TestIm2ColFormula checks patches with stride and padding.
func TestIm2ColFormula(t *testing.T) {
	a := backend.Im2Col{B: 2, H: 6, W: 7, C: 3, KH: 3, KW: 5, Stride: 2, Pad: 2}
	x := normal(a.B * a.H * a.W * a.C)
	oh, ow := a.OutSize()
	var want []float32
	for b := range a.B {
		for oy := range oh {
			for ox := range ow {
				for ky := range a.KH {
					for kx := range a.KW {
						for c := range a.C {
							y, xx := oy*a.Stride-a.Pad+ky, ox*a.Stride-a.Pad+kx
							v := float32(0)
							if y >= 0 && y < a.H && xx >= 0 && xx < a.W {
								v = x[((b*a.H+y)*a.W+xx)*a.C+c]
							}
							want = append(want, v)
						}
					}
				}
			}
		}
	}
	d := NewPlain()
	a.X, a.Cols = upload(d, x...), d.Alloc(len(want))
	d.Im2Col(a)
	require.Equal(t, want, download(t, d, a.Cols))
}

// TestZipFormula checks sums and products with all kinds of strides.
func TestZipFormula(t *testing.T) {
	x, y := normal(200), normal(100)
	for _, a := range []backend.Zip{
		{Dims: [3]int{2, 3, 5}, XStride: [3]int{15, 5, 1}, YStride: [3]int{0, 0, 1}},
		{Dims: [3]int{2, 3, 5}, XStride: [3]int{50, 7, 1}, YStride: [3]int{3, 1, 0}, XOff: 4, YOff: 9},
		{Dims: [3]int{4, 1, 6}, XStride: [3]int{0, 99, 2}, YStride: [3]int{6, 99, 1}},
		{Dims: [3]int{1, 8, 3}, XStride: [3]int{0, 3, 1}, YStride: [3]int{0, 3, 1}},
	} {
		for _, op := range []backend.ZipOp{backend.ZipAdd, backend.ZipMul} {
			d := NewPlain()
			var want []float32
			for i := range a.Dims[0] {
				for j := range a.Dims[1] {
					for k := range a.Dims[2] {
						u := x[a.XOff+i*a.XStride[0]+j*a.XStride[1]+k*a.XStride[2]]
						v := y[a.YOff+i*a.YStride[0]+j*a.YStride[1]+k*a.YStride[2]]
						w := 2*u - 3*v
						if op == backend.ZipMul {
							w = 2 * u * v
						}
						want = append(want, w)
					}
				}
			}
			a.Op, a.P, a.Q, a.X, a.Y, a.Z = op, 2, -3, upload(d, x...), upload(d, y...), d.Alloc(len(want))
			d.Zip(a)
			require.InDeltaSlice(t, want, download(t, d, a.Z), formulaTolerance)
		}
	}
}

// TestCopyFormula checks a copy of five axes.
func TestCopyFormula(t *testing.T) {
	a := backend.Copy{Dims: [5]int{2, 3, 2, 2, 3}, XStride: [5]int{40, 11, 1, 3, 5}, YStride: [5]int{36, 12, 6, 3, 1}, XOff: 2, YOff: 1}
	x := normal(100)
	want := make([]float32, 73)
	for i := range 72 {
		index := [5]int{i / 36, i / 12 % 3, i / 6 % 2, i / 3 % 2, i % 3}
		xi := a.XOff
		for k, n := range index {
			xi += n * a.XStride[k]
		}
		want[a.YOff+i] = x[xi]
	}
	d := NewPlain()
	a.X, a.Y = upload(d, x...), d.Alloc(73)
	d.Fill(backend.Fill{X: a.Y, N: 1})
	d.Copy(a)
	require.Equal(t, want, download(t, d, a.Y))
}

// TestResampleFormula checks a table whose last entry points past the end.
func TestResampleFormula(t *testing.T) {
	const outer, in, out, inner, taps = 2, 4, 3, 5, 2
	table := []float32{0, 0.25, 0.75, 2, -1, 2, 3, 1, 0} // the last term points past the end
	x, want := normal(outer*in*inner), make([]float32, outer*out*inner)
	for i := range want {
		o, row, c := i/(out*inner), i/inner%out, i%inner
		for k := range taps {
			if src := int(table[row*3]) + k; src < in {
				want[i] += table[row*3+1+k] * x[(o*in+src)*inner+c]
			}
		}
	}
	d := NewPlain()
	y := d.Alloc(len(want))
	d.Resample(backend.Resample{X: upload(d, x...), Y: y, Table: upload(d, table...), Taps: taps, Outer: outer, In: in, Out: out, Inner: inner})
	require.InDeltaSlice(t, want, download(t, d, y), formulaTolerance)
}

// TestRoPEFormula checks a rotation of some tokens with a table that repeats.
func TestRoPEFormula(t *testing.T) {
	const b, n, c, rotated, period = 2, 5, 4, 4, 2
	x, want := normal(b*n*c), make([]float32, b*n*c)
	var table []float32 // [period, c/2, 2]
	angle := func(place, pair int) float64 { return float64(place+1) * (0.3 + float64(pair)) }
	for place := range period {
		for pair := range c / 2 {
			table = append(table, float32(math.Cos(angle(place, pair))), float32(math.Sin(angle(place, pair))))
		}
	}
	for i := 0; i < len(x); i += 2 {
		phi := angle(i/c%n%period, i%c/2)
		if i/c%n >= rotated {
			phi = 0
		}
		x0, x1 := float64(x[i]), float64(x[i+1])
		want[i] = float32(x0*math.Cos(phi) - x1*math.Sin(phi))
		want[i+1] = float32(x0*math.Sin(phi) + x1*math.Cos(phi))
	}
	d := NewPlain()
	y := d.Alloc(len(x))
	d.RoPE(backend.RoPE{X: upload(d, x...), Y: y, Table: upload(d, table...), B: b, N: n, C: c, Rotated: rotated, Period: period})
	require.InDeltaSlice(t, want, download(t, d, y), formulaTolerance)
}

// TestSumFormula checks a scaled sum along the middle axis.
func TestSumFormula(t *testing.T) {
	const outer, n, inner = 3, 7, 4
	x, want := normal(outer*n*inner), make([]float32, outer*inner)
	for i, v := range x {
		want[i/(n*inner)*inner+i%inner] += 0.5 * v
	}
	d := NewPlain()
	y := d.Alloc(len(want))
	d.Sum(backend.Sum{X: upload(d, x...), Y: y, Outer: outer, N: n, Inner: inner, P: 0.5})
	require.InDeltaSlice(t, want, download(t, d, y), formulaTolerance)
}

// TestDropoutFates checks that a quarter of the groups survives a rate of 3/4, and that a group is kept or dropped
// as a whole.
func TestDropoutFates(t *testing.T) {
	const n, group = 4000, 4
	d := NewPlain()
	x, y := d.Alloc(n), d.Alloc(n)
	d.Fill(backend.Fill{X: x, N: n, Value: 1})
	d.Dropout(backend.Dropout{X: x, Y: y, N: n, Group: group, Rate: 0.75, Seed: 42})
	kept := 0
	for i, v := range download(t, d, y) {
		want := float32(0)
		if float64(backend.Hash(42, uint32(i/group))) >= 0.75*(1<<32) {
			want = 4
			kept++
		}
		require.Equal(t, want, v, "element %d", i)
	}
	require.InDelta(t, n/4, kept, 4*60) // four standard deviations of 1000 groups, times the group
}

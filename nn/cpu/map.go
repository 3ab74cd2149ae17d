package cpu

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Map implements backend.Kernels.
func (d *Device) Map(a backend.Map) {
	a.Check()
	f := mapFunc(a)
	x, y := d.words(a.X, a.N), d.words(a.Y, a.N)
	if vector := d.vectorMap(a); vector != nil {
		d.parallel(a.N, 1, func(lo, hi int) { vector(y[lo:hi], x[lo:hi]) })
		return
	}
	d.parallel(a.N, mapCost, func(lo, hi int) {
		in, out := x[lo:hi], y[lo:hi]
		for i, v := range in {
			store(&out[i], f(v), a.Accumulate)
		}
	})
}

// mapCost is the approximate cost of a function value in simple operations, see parallel.
const mapCost = 8

// vectorMap returns a in vector instructions, or nil if there is no such function.
func (d *Device) vectorMap(a backend.Map) func(dst, x []float32) {
	if d.plain {
		return nil
	}
	if a.Op == backend.MapAffine {
		return d.vectorAffine(a)
	}
	if a.Accumulate {
		return nil
	}
	switch a.Op {
	case backend.MapReLU:
		return d.kernels.ReLU
	case backend.MapGELU:
		return d.kernels.GELU
	case backend.MapSigmoid:
		return d.kernels.Sigmoid
	}
	return nil
}

// vectorAffine is vectorMap for P*x + Q, with and without Accumulate.
func (d *Device) vectorAffine(a backend.Map) func(dst, x []float32) {
	f := &d.kernels
	switch {
	case !a.Accumulate && a.P == 1 && a.Q == 0:
		return func(dst, x []float32) { copy(dst, x) }
	case !a.Accumulate:
		return func(dst, x []float32) { f.Affine(dst, a.P, x, a.Q) }
	case a.Q != 0:
		return nil
	case a.P == 1:
		return func(dst, x []float32) { f.Add(dst, dst, x) }
	}
	return func(dst, x []float32) { f.AddScaled(dst, a.P, x) }
}

// mapFunc returns the function of a.
func mapFunc(a backend.Map) func(float32) float32 {
	switch a.Op {
	case backend.MapAffine:
		return func(x float32) float32 { return a.P*x + a.Q }
	case backend.MapReLU:
		return func(x float32) float32 { return max(x, 0) }
	case backend.MapGELU:
		return gelu
	case backend.MapSigmoid:
		return func(x float32) float32 { return float32(sigmoid(float64(x))) }
	case backend.MapGreater:
		return func(x float32) float32 {
			if x > a.P {
				return 1
			}
			return 0
		}
	}
	panic(fmt.Sprintf("cpu.Map: got function %d, want one of the MapOps", a.Op)) // Check allows no other
}

// MapBackward implements backend.Kernels. Forward: Y = f(X).
func (d *Device) MapBackward(a backend.MapBackward) {
	a.Check()
	var grad func(x float32) float32 // f'
	switch a.Op {
	case backend.MapReLU:
		grad = func(x float32) float32 {
			if x > 0 {
				return 1
			}
			return 0
		}
	case backend.MapGELU:
		grad = geluGrad
	case backend.MapSigmoid:
		grad = func(x float32) float32 {
			p := sigmoid(float64(x))
			return float32(p * (1 - p))
		}
	}
	x, dy, dx := d.words(a.X, a.N), d.words(a.DY, a.N), d.words(a.DX, a.N)
	if vector := d.vectorMapBackward(a); vector != nil {
		d.parallel(a.N, 1, func(lo, hi int) { vector(dx[lo:hi], x[lo:hi], dy[lo:hi]) })
		return
	}
	d.parallel(a.N, mapCost, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			store(&dx[i], dy[i]*grad(x[i]), !a.Overwrite)
		}
	})
}

// vectorMapBackward returns a in vector instructions, or nil on a plain device.
func (d *Device) vectorMapBackward(a backend.MapBackward) func(dst, x, dy []float32) {
	f := &d.kernels
	switch {
	case d.plain:
		return nil
	case a.Op == backend.MapGELU && a.Overwrite:
		return f.GELUGradient
	case a.Op == backend.MapGELU:
		return f.AddGELUGradient
	case a.Op == backend.MapReLU && a.Overwrite:
		return f.ReLUGradient
	case a.Op == backend.MapReLU:
		return f.AddReLUGradient
	case a.Overwrite:
		return f.SigmoidGradient
	}
	return f.AddSigmoidGradient
}

package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// AdamW implements backend.Kernels, with the operations in PyTorch's order.
func (d *Device) AdamW(a backend.AdamW) {
	a.Check()
	param, grad := d.words(a.Param, a.N), d.words(a.G, a.N)
	m, v := d.words(a.M, a.N), d.words(a.V, a.N)
	decay, step := 1-a.LR*a.WeightDecay, a.LR/a.Correction1
	if !d.plain {
		of := simd.AdamWFactors{GradScale: a.GradScale, Beta1: a.Beta1, Rest1: 1 - a.Beta1, Beta2: a.Beta2, Rest2: 1 - a.Beta2,
			Correction2: 1 / a.Correction2, Eps: a.Eps, Decay: decay, Step: step}
		d.parallel(a.N, 2, func(lo, hi int) { d.kernels.AdamW(param[lo:hi], grad[lo:hi], m[lo:hi], v[lo:hi], of) })
		return
	}
	d.parallel(a.N, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g := a.GradScale * grad[i]
			m[i] = a.Beta1*m[i] + (1-a.Beta1)*g
			v[i] = a.Beta2*v[i] + (1-a.Beta2)*g*g
			root := float32(math.Sqrt(float64(v[i] / a.Correction2)))
			param[i] = param[i]*decay - step*m[i]/(root+a.Eps)
		}
	})
}

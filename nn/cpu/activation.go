package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// activate is the function that an Activation names.
func activate(act backend.Activation, x float32) float32 {
	switch act {
	case backend.ReLU:
		return max(x, 0)
	case backend.GELU:
		return gelu(x)
	case backend.Sigmoid:
		return float32(sigmoid(float64(x)))
	}
	return x
}

// gelu is x*Phi(x), Phi the normal distribution function (Hendrycks and Gimpel, arXiv 1606.08415). Erfc keeps
// the digits of small Phi.
func gelu(x float32) float32 {
	v := float64(x)
	return float32(v * 0.5 * math.Erfc(-v*math.Sqrt2/2))
}

// geluGrad is d gelu(x)/dx = Phi(x) + x*phi(x), phi the normal density.
func geluGrad(x float32) float32 {
	v := float64(x)
	density := math.Exp(-0.5*v*v) / math.Sqrt(2*math.Pi)
	return float32(0.5*math.Erfc(-v*math.Sqrt2/2) + v*density)
}

func sigmoid(x float64) float64 {
	return 1 / (1 + math.Exp(-x))
}

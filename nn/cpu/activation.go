package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// activate returns act(x).
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

// gelu is x*Phi(x), where Phi is the distribution function of the standard normal (Hendrycks and Gimpel, arXiv 1606.08415). Erfc,
// unlike 1 + Erf, is accurate where Phi is small.
func gelu(x float32) float32 {
	v := float64(x)
	return float32(v * 0.5 * math.Erfc(-v*math.Sqrt2/2))
}

// geluGrad is gelu'(x) = Phi(x) + x*phi(x), where phi is the density of the standard normal.
func geluGrad(x float32) float32 {
	v := float64(x)
	density := math.Exp(-0.5*v*v) / math.Sqrt(2*math.Pi)
	return float32(0.5*math.Erfc(-v*math.Sqrt2/2) + v*density)
}

func sigmoid(x float64) float64 {
	return 1 / (1 + math.Exp(-x))
}

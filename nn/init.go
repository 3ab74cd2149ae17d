package nn

import (
	"math"
	"math/rand/v2"
)

// Init returns the initial value of an element of a parameter. It is called for all elements in checkpoint order.
type Init func(rng *rand.Rand) float32

// Const initializes every element to v.
func Const(v float32) Init { return func(*rand.Rand) float32 { return v } }

// Normal draws from a normal distribution with mean 0.
func Normal(std float64) Init {
	return func(rng *rand.Rand) float32 { return float32(std * rng.NormFloat64()) }
}

// KeepSize is the gain with which a fresh linear layer's output has the variance of its input: sqrt(3), since PyTorch's default
// gives it a third of that.
const KeepSize = 1.7320508

// uniformFan is PyTorch's default for the weights and biases of linear and convolution layers, times a gain: kaiming_uniform with
// a = sqrt(5), which is uniform between -1/sqrt(fan in) and 1/sqrt(fan in).
func uniformFan(fanIn int, gain float64) Init {
	bound := gain / math.Sqrt(float64(fanIn))
	return func(rng *rand.Rand) float32 { return float32(bound * (2*rng.Float64() - 1)) }
}

// Initialize sets every parameter to its initial values. The same seed gives the same values on every device.
func (p *Params) Initialize(seed uint64) {
	for i, q := range p.All() {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		v := make([]float32, q.Tensor.size)
		for j := range v {
			v[j] = q.Init(rng)
		}
		q.Set(v)
	}
}

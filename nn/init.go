package nn

import (
	"math"
	"math/rand/v2"
)

// Init draws the first value of every element of a parameter, in checkpoint order.
type Init func(rng *rand.Rand) float32

// Const starts every element at v.
func Const(v float32) Init { return func(*rand.Rand) float32 { return v } }

// Normal starts from a normal distribution.
func Normal(std float64) Init {
	return func(rng *rand.Rand) float32 { return float32(std * rng.NormFloat64()) }
}

// KeepSize is the gain with which a linear layer's output is as large as its input: sqrt(3), as PyTorch's default
// shrinks it to 1/sqrt(3).
const KeepSize = 1.7320508

// uniformFan is PyTorch's default for linear and convolution layers, weight and bias alike:
// kaiming_uniform with a = sqrt(5), which is U(-1/sqrt(fan in), 1/sqrt(fan in)), times a gain.
func uniformFan(fanIn int, gain float64) Init {
	bound := gain / math.Sqrt(float64(fanIn))
	return func(rng *rand.Rand) float32 { return float32(bound * (2*rng.Float64() - 1)) }
}

// Initialize gives every parameter its first value. The same seed gives the same values on every device.
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

package kerneltest

import (
	"fmt"
	"math"
)

// Tolerances of devices that round the operands of products to bfloat16, whose unit of rounding is u = 2^-8.
const bf16Unit = 1. / 256

// products is the tolerance of a sum of n products.
func (o Options) products(n int) Tolerance {
	if o.BF16 == o.RefBF16 {
		return sums(n) // the rounded operands are the same, and their products exact in float32
	}
	return Tolerance{0.02 + 0.012*math.Sqrt(float64(n)), 2 * bf16Unit,
		fmt.Sprintf("two operands rounded to 8 bits: each of %d products is off by 0.4 u of itself as a rule, at random; five times that", n)}
}

var (
	roundedWeights = Tolerance{2e-3, 1e-3, "a probability or its gradient is rounded to 8 bits, relative to another maximum or from the " +
		"other side of a tie: off by u/2 of itself as a rule, in a weighted mean"}
	roundedScores = Tolerance{3e-2, 1e-2, "scores of size 3 of operands rounded to 8 bits are off by 0.01, the weights by as much of themselves"}
	roundedSlopes = Tolerance{0.1, 2e-2, "products of three rounded factors: probabilities off by 0.01, gradients of scores and the other operand by u"}
)

// rounded is the tolerance of an attention or its gradients.
func (c attentionCase) rounded(o Options, backward bool) Tolerance {
	switch {
	case o.RefBF16:
		return roundedWeights
	case backward:
		return roundedSlopes
	}
	return roundedScores
}

// hopeless reports whether a case cannot be compared: scores of size 1000 are off by several units after rounding, so the weights
// have nothing in common.
func (c attentionCase) hopeless(o Options) bool { return o.BF16 && !o.RefBF16 && c.scale > 1 }

package checkpoint

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parts of the state dict that SLM-SAM 2 adds to SAM 2.1 (arXiv 2505.01854).
const (
	longAttention  = "memory_attention."        // SAM 2.1's own, over the long bank
	shortAttention = "recent_memory_attention." // over the short bank
	shortFuser     = "recent_memory_fuser."     // merges both
	longTemporal   = "maskmem_tpos_enc"         // [7,1,1,64] temporal embedding
	shortTemporal  = "rec_maskmem_tpos_enc"     // same shape, in the file but unused
)

// The fuser: SAM 2's Fuser of CXBlocks (ConvNeXt, arXiv 2201.03545), as many as the memory encoder has.
const (
	fuserKernel    = 7    // depthwise convolution, 7x7
	fuserExpansion = 4    // width of the inner layer over that of the map
	fuserGamma     = 1e-6 // initial layer scale
)

// HasShortMemory reports whether state has any of the parts that SLM-SAM 2 adds. Without
// them it is a SAM 2.1 state, to which [InitSLM] can add them.
func HasShortMemory(state map[string]*Tensor) bool {
	for name := range state {
		if IsShortMemory(name) {
			return true
		}
	}
	return false
}

// InitSLM returns the state from which the paper's fine-tuning of SLM-SAM 2 starts, made
// from a SAM 2.1 state. It shares the tensors of sam without copying them. The short
// attention is a copy of the long one, the short temporal embedding is zero, and the
// fuser has PyTorch's default initialization drawn from seed, with identical blocks.
// The model still has to be fine-tuned.
func InitSLM(sam map[string]*Tensor, seed uint64) (map[string]*Tensor, error) {
	if HasShortMemory(sam) {
		return nil, fmt.Errorf("checkpoint: the state already has SLM-SAM 2's short memory")
	}
	norm, temporal := sam[longAttention+"norm.weight"], sam[longTemporal]
	if norm == nil || len(norm.Shape) != 1 || temporal == nil {
		return nil, fmt.Errorf("checkpoint: not a SAM 2.1 state: no %snorm.weight or %s", longAttention, longTemporal)
	}
	out := make(map[string]*Tensor, 2*len(sam))
	for name, t := range sam {
		out[name] = t
		if rest, ok := strings.CutPrefix(name, longAttention); ok {
			out[shortAttention+rest] = t.Clone()
		}
	}
	out[shortTemporal] = constant(0, temporal.Shape...)
	for i := 0; sam[fmt.Sprintf("memory_encoder.fuser.layers.%d.gamma", i)] != nil; i++ {
		block := freshBlock(norm.Shape[0], strconv.FormatUint(seed, 10))
		for name, t := range block {
			out[fmt.Sprintf("%slayers.%d.%s", shortFuser, i, name)] = t
		}
	}
	return out, nil
}

// freshBlock initializes one ConvNeXt block of width c as PyTorch does.
func freshBlock(c int, seed string) map[string]*Tensor {
	inner := fuserExpansion * c
	taps := fuserKernel * fuserKernel
	return map[string]*Tensor{
		"dwconv.weight":  uniform(seed, "dwconv.weight", taps, c, 1, fuserKernel, fuserKernel),
		"dwconv.bias":    uniform(seed, "dwconv.bias", taps, c),
		"norm.weight":    constant(1, c),
		"norm.bias":      constant(0, c),
		"pwconv1.weight": uniform(seed, "pwconv1.weight", c, inner, c),
		"pwconv1.bias":   uniform(seed, "pwconv1.bias", c, inner),
		"pwconv2.weight": uniform(seed, "pwconv2.weight", inner, c, inner),
		"pwconv2.bias":   uniform(seed, "pwconv2.bias", inner, c),
		"gamma":          constant(fuserGamma, c),
	}
}

// uniform draws from U(-b, b), b = 1/sqrt(fanIn). For weights this is PyTorch's
// kaiming_uniform_(a=sqrt(5)): gain sqrt(2/(1+5)) times sqrt(3/fanIn); for biases it
// is the rule of nn.Linear and nn.Conv2d.
func uniform(seed, name string, fanIn int, shape ...int) *Tensor {
	t := constant(0, shape...)
	bound := 1 / math.Sqrt(float64(fanIn))
	d := NewDraws(seed, name)
	for i := range t.Data {
		t.Data[i] = float32(bound * (2*d.Uniform(i) - 1))
	}
	return t
}

// constant returns a float32 tensor with all elements equal to value.
func constant(value float32, shape ...int) *Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := NewF32(make([]float32, n), shape...)
	for i := range t.Data {
		t.Data[i] = value
	}
	return t
}

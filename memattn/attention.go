package memattn

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/nn"
)

// Config is the shape of a memory attention. The example values are those of SAM 2.1.
type Config struct {
	Width       int     `json:"width"`        // 256
	MemoryWidth int     `json:"memory_width"` // 64
	Layers      int     `json:"layers"`       // 4
	FeedForward int     `json:"feed_forward"` // 2048
	Theta       float64 `json:"rope_theta"`   // 10000
	Dropout     float32 `json:"dropout"`      // 0.1 in training, applied after each sub-layer
}

// Validate rejects shapes that a memory attention cannot have.
func (c Config) Validate() error {
	if c.Width < 4 || c.Width%4 != 0 || c.MemoryWidth < 4 || c.MemoryWidth%4 != 0 || c.Width%c.MemoryWidth != 0 {
		return fmt.Errorf("memattn: width %d and memory width %d must be multiples of 4, the first a multiple of the second", c.Width, c.MemoryWidth)
	}
	if c.Layers < 1 || c.FeedForward < 1 || c.Theta <= 0 || c.Dropout < 0 || c.Dropout >= 1 {
		return fmt.Errorf("memattn: want layers >= 1, feed_forward >= 1, rope_theta > 0 and dropout in [0,1), got %+v", c)
	}
	return nil
}

// Attention is a memory attention: layers of self-attention, cross-attention to the memory, and a feed-forward network.
type Attention struct {
	Config Config
	Layers []*Layer
	Norm   nn.LayerNorm
}

// New declares a memory attention under p (official prefix memory_attention or recent_memory_attention).
func New(p *nn.Params, c Config) *Attention {
	a := &Attention{Config: c}
	for i := 0; i < c.Layers; i++ {
		a.Layers = append(a.Layers, newLayer(p.In("layers", i), c))
	}
	a.Norm = p.LayerNorm("norm", c.Width, normEps)
	return a
}

// Tokens is the memory in the form of keys and values.
type Tokens struct {
	Memory    *nn.Tensor // [B,L,M] values
	Positions *nn.Tensor // [1 or B,L,M] added to the values to form the keys
	Pointers  int        // number of tokens at the end that have no position in the image
}

// Forward lets features [1,N,C] (N a square grid; pos [1,N,C] its encoding) attend to memory -> [B,N,C]. The batch is
// 1, shared by all objects, until something depends on the object.
func (a *Attention) Forward(g *nn.Graph, features, pos *nn.Tensor, memory Tokens) *nn.Tensor {
	const posScale = 0.1 // SAM 2's MemoryAttention: output = curr + 0.1 * curr_pos
	return g.Scoped1(func() *nn.Tensor {
		n := features.Dim(1)
		side := sideOf(n)
		rope := a.rotations(g, side)
		keys := g.Add(memory.Memory, memory.Positions) // [B,L,M]
		x := g.AddScaled(features, 1, pos, posScale)
		for _, l := range a.Layers {
			x = l.forward(g, x, keys, memory, rope)
		}
		return a.Norm.Forward(g, x)
	})
}

// rotations returns the rotary table of a side x side grid, [N,C/2,2].
func (a *Attention) rotations(g *nn.Graph, side int) *nn.Tensor {
	width, theta := a.Config.Width, a.Config.Theta
	return g.Constant(fmt.Sprintf("rope %d %d %g", side, width, theta),
		func() []float32 { return nn.RoPETable(side, width, theta) }, side*side, width/2, 2)
}

// sideOf returns the side of a square grid of n tokens.
func sideOf(n int) int { return int(math.Round(math.Sqrt(float64(n)))) }

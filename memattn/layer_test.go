package memattn_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// attended runs a memory attention over frames of an 8 x 8 grid and pointers on dev, with or without a tape, and returns its
// output.
func attended(t *testing.T, dev *cpu.Device, objects, frames, pointers int, record bool) []float32 {
	const side = 8
	c := memattn.Config{Width: 64, MemoryWidth: 8, Layers: 2, FeedForward: 32, Theta: 100}
	p := nn.NewParams(dev)
	a := memattn.New(p, c)
	p.Initialize(3)
	g := nn.NewGraph(dev)
	rng := rand.New(rand.NewPCG(1, 9))
	input := func(shape ...int) *nn.Tensor {
		v := make([]float32, nn.Elems(shape...))
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return g.Upload(v, shape...)
	}
	l := frames*side*side + pointers
	features, pos := input(1, side*side, c.Width), input(1, side*side, c.Width)
	memory := memattn.Tokens{Memory: input(objects, l, c.MemoryWidth), Positions: input(1, l, c.MemoryWidth), Pointers: pointers}
	if record {
		g.Record()
		defer g.Discard()
	}
	out, err := g.Read(a.Forward(g, features, pos, memory))
	require.NoError(t, err)
	return out
}

// TestForwardWithAndWithoutTape checks that the shortcuts taken without a tape change nothing but rounding errors.
func TestForwardWithAndWithoutTape(t *testing.T) {
	for _, s := range [][3]int{{1, 7, 16}, {3, 5, 8}, {2, 1, 0}} {
		want := attended(t, cpu.NewPlain(), s[0], s[1], s[2], true)
		require.InDeltaSlice(t, want, attended(t, cpu.NewPlain(), s[0], s[1], s[2], false), 2e-5, "%v, plain", s)
		require.InDeltaSlice(t, want, attended(t, cpu.New(2), s[0], s[1], s[2], false), 2e-5, "%v", s)
	}
}

package nn_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// gridTrial runs an attention to a memory of some frames of an 8 x 8 grid and some pointers on a device, and returns the
// output and the work. With record, the results include the gradients of query, memory and weights.
func gridTrial(t *testing.T, dev *cpu.Device, queries, objects, frames, pointers int, record bool) (out [][]float32, flop float64) {
	const side, m, c = 8, 8, 64
	g := nn.NewGraph(dev)
	rng := rand.New(rand.NewPCG(5, 5))
	leaf := func(shape ...int) *nn.Tensor {
		v := make([]float32, nn.Elems(shape...))
		for i := range v {
			v[i] = rng.Float32() - 0.5
		}
		return g.Upload(v, shape...).RequireGrad(true)
	}
	l := frames*side*side + pointers
	q, memory := leaf(queries, side*side, c), leaf(objects, l, m)
	w := nn.Linear{W: leaf(m, c), B: leaf(c)}
	table := g.Upload(nn.RoPETable(side, c, 100), side*side, c/2, 2)
	if record {
		g.Record()
	}
	o := g.GridAttention(q, nn.GridKeys{Memory: memory, W: w, Table: table, Pointers: pointers}, memory)
	read := func(x *nn.Tensor) {
		v, err := g.Read(x)
		require.NoError(t, err)
		out = append(out, v)
	}
	read(o)
	flop = g.FLOP
	if record {
		g.AddGrad(o, out[0])
		g.Backward()
		for _, x := range []*nn.Tensor{q, memory, w.W, w.B} {
			read(x.Grad())
		}
	}
	return out, flop
}

// TestGridAttention checks that attention without formed keys gives the same output and gradients as with them, and
// needs less work where it is used.
func TestGridAttention(t *testing.T) {
	for _, s := range [][4]int{{1, 1, 7, 6}, {1, 3, 5, 0}, {3, 3, 4, 10}, {2, 2, 1, 2}, {2, 1, 6, 3}} {
		for _, record := range []bool{false, true} {
			want, formed := gridTrial(t, cpu.NewPlain(), s[0], s[1], s[2], s[3], record)
			got, flop := gridTrial(t, cpu.New(2), s[0], s[1], s[2], s[3], record)
			for i := range want {
				require.InDeltaSlice(t, want[i], got[i], 2e-5, "%v, result %d", s, i)
			}
			if s[2] > 1 && !record {
				require.Less(t, flop, formed, "%v: without gradients, keys are not formed", s)
			} else {
				require.Equal(t, formed, flop, "%v: keys are formed for a tape, and for a single frame", s)
			}
		}
	}
}

package nn_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// network runs two layers with dropout forward and backward. It returns the gradients of the parameters, and the memory in
// use afterward.
func network(t *testing.T, recompute bool) (grads [][]float32, live int64) {
	t.Helper()
	dev := cpu.NewPlain()
	p := nn.NewParams(dev)
	mlp := p.MLP("mlp", backend.GELU, 4, 8, 3)
	p.Initialize(7)
	g := nn.NewGraph(dev)
	g.Training, g.Recompute = true, recompute
	before := dev.Memory().Live
	g.Record()
	x := g.Upload([]float32{1, -2, 3, 0.5, 0, 1, -1, 2}, 2, 4)
	y := g.Block(func() *nn.Tensor {
		return mlp.Forward(g, g.Dropout(x, 0.3))
	}, x)
	y = g.Add(y, g.Dropout(y, 0.5))
	g.AddGrad(y, []float32{1, 2, 3, 4, 5, 6})
	g.Backward()
	for _, q := range p.All() {
		v, err := q.GetGrad()
		require.NoError(t, err)
		grads = append(grads, v)
		q.Tensor.ZeroGrad()
	}
	g.Free()
	return grads, dev.Memory().Live - before
}

// TestRecomputeGivesTheSameGradients checks that recomputing a block instead of keeping its activations changes no
// bit of the gradients, and that all memory is released.
func TestRecomputeGivesTheSameGradients(t *testing.T) {
	kept, live := network(t, false)
	require.Zero(t, live, "all memory is back in the pool")
	again, live := network(t, true)
	require.Zero(t, live, "all memory is back in the pool")
	require.Equal(t, kept, again)
	require.Len(t, kept, 4)
}

// TestBlockMayReturnItsInput checks that a block without effect passes its gradient on, whether or not it is
// recomputed.
func TestBlockMayReturnItsInput(t *testing.T) {
	for _, recompute := range []bool{false, true} {
		dev := cpu.NewPlain()
		g := nn.NewGraph(dev)
		g.Recompute = recompute
		x := g.Upload([]float32{1, 2}, 2).RequireGrad(true)
		g.Record()
		scaled := g.Affine(x, 3, 0)
		same := g.Block(func() *nn.Tensor { return scaled }, scaled)
		leaf := g.Block(func() *nn.Tensor { return x.Reshape(1, 2) }, x).Reshape(2)
		g.AddGrad(g.Add(same, leaf), []float32{1, 10})
		g.Backward()
		require.NotNil(t, x.Grad(), "recompute %v", recompute)
		require.Equal(t, []float32{4, 40}, read(t, g, x.Grad()), "recompute %v", recompute)
		x.ZeroGrad()
		g.Free()
		require.Zero(t, dev.Memory().Live)
	}
}

// TestBlocksMayReturnAResultTwice checks that the gradients of a result that a block returns in two shapes are
// added.
func TestBlocksMayReturnAResultTwice(t *testing.T) {
	for _, recompute := range []bool{false, true} {
		g := nn.NewGraph(cpu.NewPlain())
		g.Recompute = recompute
		x := g.Upload([]float32{1, 2}, 2).RequireGrad(true)
		g.Record()
		out := g.Blocks(func() []*nn.Tensor {
			y := g.Affine(x, 3, 0)
			return []*nn.Tensor{y, y.Reshape(2, 1)}
		}, x)
		g.AddGrad(g.Add(out[0], out[1].Reshape(2)), []float32{1, 10})
		g.Backward()
		require.Equal(t, []float32{6, 60}, read(t, g, x.Grad()), "recompute %v", recompute)
	}
}

// TestScopedReleases checks that only results and retained tensors are left after a scope.
func TestScopedReleases(t *testing.T) {
	dev := cpu.NewPlain()
	g := nn.NewGraph(dev)
	out := g.Scoped1(func() *nn.Tensor {
		a := g.Full(1, 128)
		b := g.Full(2, 128)
		return g.Add(a, b)
	})
	require.Equal(t, int64(512), dev.Memory().Live, "only the result is left")
	v, err := g.Read(out)
	require.NoError(t, err)
	require.Equal(t, float32(3), v[127])
	kept := g.Full(5, 64).Retain()
	g.Free()
	require.Equal(t, int64(256), dev.Memory().Live, "the retained tensor is left")
	kept.Release()
	require.Zero(t, dev.Memory().Live)
}

// TestDiscardReleases checks that a discarded tape releases its tensors.
func TestDiscardReleases(t *testing.T) {
	dev := cpu.NewPlain()
	g := nn.NewGraph(dev)
	g.Record()
	x := g.Full(1, 10).RequireGrad(true)
	g.Sigmoid(g.Mul(x, x))
	g.Discard()
	g.Free()
	require.Zero(t, dev.Memory().Live)
	require.False(t, g.Recording())
}

// TestNothingIsRecordedWithoutNeed checks that an operation is recorded only if an input needs a gradient, and not
// within NoGrad.
func TestNothingIsRecordedWithoutNeed(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	x := g.Full(1, 4)
	g.Record()
	require.False(t, g.Sigmoid(x).NeedsGrad(), "no input needs a gradient")
	x.RequireGrad(true)
	var y *nn.Tensor
	g.NoGrad(func() { y = g.Sigmoid(x) })
	require.False(t, y.NeedsGrad(), "within NoGrad")
	require.True(t, g.Sigmoid(x).NeedsGrad())
	g.Discard()
}

// TestShapeErrorsPanic checks that operands whose shapes do not fit panic with both shapes.
func TestShapeErrorsPanic(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	require.PanicsWithValue(t, "nn.Linear: got [2 3], want [4 5]", func() { g.Linear(g.Zeros(2, 3), g.Zeros(4, 5), nil) })
	require.Panics(t, func() { g.Add(g.Zeros(2, 3), g.Zeros(2, 4)) })
	require.PanicsWithValue(t, "nn.Concat: got [2 3 4], want [4 6 2]", func() { g.Concat(1, g.Zeros(4, 3, 2), g.Zeros(2, 3, 4)) })
	require.Panics(t, func() { g.Zeros(2, 3).Reshape(4) })
}

// TestParametersKeepTheCheckpointLayout checks a parameter's name and shape, and where its elements are stored on
// the device.
func TestParametersKeepTheCheckpointLayout(t *testing.T) {
	dev := cpu.NewPlain()
	p := nn.NewParams(dev)
	conv := p.In("a", 2).Conv2d("conv", 2, 3, nn.Conv{Kernel: 2, Stride: 1})
	require.Equal(t, "a.2.conv.weight", p.All()[0].Name)
	require.Equal(t, []int{3, 2, 2, 2}, p.All()[0].Shape)
	v := make([]float32, 24)
	for i := range v {
		v[i] = float32(i)
	}
	p.All()[0].Set(v)
	got, err := p.All()[0].Get()
	require.NoError(t, err)
	require.Equal(t, v, got)
	ours, err := nn.NewGraph(dev).Read(conv.W)
	require.NoError(t, err)
	// ours is [ky,kx,in,out]: element (ky=1,kx=0,in=1,out=2) is stored at (out=2,in=1,ky=1,kx=0).
	require.Equal(t, v[((2*2+1)*2+1)*2+0], ours[((1*2+0)*2+1)*3+2])
}

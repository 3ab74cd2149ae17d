package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// TestDerivedFollowsItsParameters checks that what is derived from parameters is computed once, again after they
// change, and released by Free, and that a tape gets a new one with gradients.
func TestDerivedFollowsItsParameters(t *testing.T) {
	dev := cpu.NewPlain()
	p := nn.NewParams(dev)
	first, second := p.Linear("a", 2, 2), p.Linear("b", 2, 1)
	p.Initialize(1)
	g := nn.NewGraph(dev)
	x := g.Upload([]float32{1, 2}, 1, 2)
	both := func() float32 { return read(t, g, first.Then(g, second).Forward(g, x))[0] }
	apart := func() float32 { return read(t, g, second.Forward(g, first.Forward(g, x)))[0] }
	require.InDelta(t, apart(), both(), 1e-6)
	made := first.Then(g, second)
	require.Same(t, made.W, first.Then(g, second).W, "computed once")

	for _, q := range p.All() {
		if q.Name == "a.weight" {
			q.Set([]float32{3, 1, -4, 1})
		}
	}
	require.InDelta(t, apart(), both(), 1e-6)
	require.NotSame(t, made.W, first.Then(g, second).W)

	g.Record()
	g.AddGrad(first.Then(g, second).Forward(g, x), []float32{1})
	g.Backward()
	optimizer := nn.NewAdamW(g)
	for _, q := range p.All() {
		require.NotNil(t, q.Tensor.Grad(), q.Name)
		optimizer.Update(q, 0.1, 0, 1)
	}
	require.InDelta(t, apart(), both(), 1e-6)

	x.Retain()
	g.Free()
	before := dev.Memory().Live
	both()
	require.Greater(t, dev.Memory().Live, before)
	g.Free()
	require.Equal(t, before, dev.Memory().Live)
}

// TestDerivedOfDerived checks that something derived from a derived tensor follows the original parameters.
func TestDerivedOfDerived(t *testing.T) {
	dev := cpu.NewPlain()
	p := nn.NewParams(dev)
	first, second, third := p.Linear("a", 2, 2), p.Linear("b", 2, 2), p.Linear("c", 2, 1)
	p.Initialize(1)
	g := nn.NewGraph(dev)
	x := g.Upload([]float32{1, 2}, 1, 2)
	beside := func() []float32 { return read(t, g, first.Beside(g, second.Then(g, third)).Forward(g, x)) }
	alone := func() float32 { return read(t, g, third.Forward(g, second.Forward(g, x)))[0] }
	require.InDelta(t, alone(), beside()[2], 1e-6)
	for _, q := range p.All() {
		if q.Name == "c.weight" {
			q.Set([]float32{5, -3})
		}
	}
	require.InDelta(t, alone(), beside()[2], 1e-6)
}

// TestDerivedLastsAsLongAsItsScope checks that a derived tensor stays valid in the scope that asked for it, even if
// another one of the same name replaces it in the meantime.
func TestDerivedLastsAsLongAsItsScope(t *testing.T) {
	dev := cpu.NewPlain()
	p := nn.NewParams(dev)
	first, one, other := p.Linear("a", 2, 2), p.Linear("b", 2, 1), p.Linear("c", 2, 1)
	p.Initialize(1)
	g := nn.NewGraph(dev)
	x := g.Upload([]float32{1, 2}, 1, 2).Retain()
	want := read(t, g, one.Forward(g, first.Forward(g, x)))[0]
	g.Scoped(func() []*nn.Tensor { first.Then(g, one); return nil }) // computed here, and kept for later
	g.Scoped(func() []*nn.Tensor {
		made := first.Then(g, one)
		first.Then(g, other)
		require.InDelta(t, want, read(t, g, made.Forward(g, x))[0], 1e-6)
		return nil
	})
	g.Free()
	x.Release()
	p.Release()
	require.Zero(t, dev.Memory().Live)
}

// TestCloseReleasesEverything checks that constants and derived tensors are released with their graph.
func TestCloseReleasesEverything(t *testing.T) {
	dev := cpu.NewPlain()
	p := nn.NewParams(dev)
	first, second := p.Linear("a", 2, 2), p.Linear("b", 2, 1)
	p.Initialize(1)
	g := nn.NewGraph(dev)
	x := g.SineGrid(3, 4)
	first.Then(g, second).Forward(g, g.Slice(x, 2, 0, 2))
	g.Close()
	p.All()[0].SetGrad(make([]float32, 4))
	p.Release()
	require.Zero(t, dev.Memory().Live)
}

// read returns the values of a tensor.
func read(t *testing.T, g *nn.Graph, x *nn.Tensor) []float32 {
	t.Helper()
	v, err := g.Read(x)
	require.NoError(t, err)
	return v
}

// TestRotatedProduct checks that a rotation within a product equals the product followed by the rotation.
func TestRotatedProduct(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	random := func(seed int, shape ...int) *nn.Tensor {
		values := make([]float32, nn.Elems(shape...))
		for k := range values {
			values[k] = float32((k*7+seed)%11) - 5
		}
		return g.Upload(values, shape...)
	}
	x, w, b := random(0, 2, 9, 3), random(1, 3, 20), random(2, 20)
	table := g.Upload(nn.RoPETable(2, 8, 100), 4, 4, 2)
	whole := read(t, g, g.LinearRotated(x, w, b, table, 16, 8))
	plain := g.Linear(x, w, b)
	for part := range 2 {
		want := read(t, g, g.RoPE(g.Slice(plain, 2, 8*part, 8*part+8), table, 8))
		for row := range 18 {
			require.Equal(t, want[8*row:8*row+8], whole[20*row+8*part:20*row+8*part+8])
		}
	}
	rest := read(t, g, plain)
	require.Equal(t, rest[16:20], whole[16:20])
}

// padding is a device that requires padded windows: it hides that the device inside can count a key more than once.
type padding struct{ backend.Device }

// TestPaddedWindows checks that padded windows are put back into the image, and their gradients, too.
func TestPaddedWindows(t *testing.T) {
	g := nn.NewGraph(padding{cpu.NewPlain()})
	values := make([]float32, 2*4*5*2)
	for i := range values {
		values[i] = float32(i + 1)
	}
	x := g.Upload(values, 2, 4, 5, 2).RequireGrad(true)
	g.Record()
	windows := g.Windows(x, 3)
	require.Len(t, windows, 1)
	require.Equal(t, []int{8, 9, 2}, windows[0].T.Shape)
	y := g.Unwindows([]*nn.Tensor{windows[0].T}, 2, 4, 5, 3)
	require.Equal(t, values, read(t, g, y))
	g.AddGrad(y, values)
	g.Backward()
	require.Equal(t, values, read(t, g, x.Grad()))
}

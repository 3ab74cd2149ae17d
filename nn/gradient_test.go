package nn_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// Settings of finite differences of a float32 forward pass. With this step, the truncation error of these smooth functions
// and the rounding error of the sum stay below 1 % of the largest derivative.
const (
	step      = 1e-2
	tolerance = 1e-2
)

// checkGradient compares the tape's gradients of sum(w * f(inputs)) with central differences.
func checkGradient(t *testing.T, f func(g *nn.Graph, x []*nn.Tensor) *nn.Tensor, shapes ...[]int) {
	t.Helper()
	dev := cpu.NewPlain()
	defer dev.Close()
	g := nn.NewGraph(dev)
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([][]float32, len(shapes))
	for i, s := range shapes {
		values[i] = make([]float32, nn.Elems(s...))
		for j := range values[i] {
			values[i][j] = float32(rng.NormFloat64())
		}
	}
	inputs := func() []*nn.Tensor {
		var x []*nn.Tensor
		for i, s := range shapes {
			x = append(x, g.Upload(values[i], s...).RequireGrad(true))
		}
		return x
	}
	var weights []float32
	forward := func() float64 {
		sum := 0.0
		g.Scoped(func() []*nn.Tensor {
			y, err := g.Read(f(g, inputs()))
			require.NoError(t, err)
			for len(weights) < len(y) {
				weights = append(weights, float32(rng.NormFloat64()))
			}
			for i, v := range y {
				sum += float64(v) * float64(weights[i])
			}
			return nil
		})
		return sum
	}
	forward()

	x := inputs()
	g.Record()
	y := f(g, x)
	g.AddGrad(y, weights)
	g.Backward()
	for i := range x {
		require.NotNil(t, x[i].Grad(), "input %d", i)
		got, err := g.Read(x[i].Grad())
		require.NoError(t, err)
		want, largest := make([]float64, len(got)), 0.0
		for j := range want {
			was := values[i][j]
			values[i][j] = was + step
			up := forward()
			values[i][j] = was - step
			want[j] = (up - forward()) / (2 * step)
			values[i][j] = was
			largest = max(largest, math.Abs(want[j]))
		}
		for j := range want {
			require.InDelta(t, want[j], got[j], tolerance*largest+1e-3, "input %d element %d", i, j)
		}
	}
}

type ts = []*nn.Tensor

// TestOperationGradients compares the gradients of every operation with finite differences.
func TestOperationGradients(t *testing.T) {
	rope := nn.RoPETable(2, 8, 10000)
	for name, c := range map[string]struct {
		f      func(g *nn.Graph, x ts) *nn.Tensor
		shapes [][]int
	}{
		"linear":             {func(g *nn.Graph, x ts) *nn.Tensor { return g.Linear(x[0], x[1], x[2]) }, [][]int{{2, 3, 4}, {4, 5}, {5}}},
		"linear residual":    {func(g *nn.Graph, x ts) *nn.Tensor { return g.LinearAdd(x[0], x[1], x[2], x[3]) }, [][]int{{3, 4}, {4, 5}, {5}, {3, 5}}},
		"linear gelu":        {func(g *nn.Graph, x ts) *nn.Tensor { return g.LinearAct(x[0], x[1], x[2], backend.GELU) }, [][]int{{3, 4}, {4, 5}, {5}}},
		"matmul":             {func(g *nn.Graph, x ts) *nn.Tensor { return g.MatMulT(x[0], x[1]) }, [][]int{{2, 3, 4}, {2, 5, 4}}},
		"sigmoid":            {func(g *nn.Graph, x ts) *nn.Tensor { return g.Sigmoid(x[0]) }, [][]int{{7}}},
		"affine":             {func(g *nn.Graph, x ts) *nn.Tensor { return g.Affine(x[0], 3, -1) }, [][]int{{7}}},
		"add":                {func(g *nn.Graph, x ts) *nn.Tensor { return g.AddScaled(x[0], 2, x[1], -0.5) }, [][]int{{2, 3, 4}, {3, 1}}},
		"add both ways":      {func(g *nn.Graph, x ts) *nn.Tensor { return g.Add(x[0], x[1]) }, [][]int{{3, 1, 4}, {1, 5, 4}}},
		"mul":                {func(g *nn.Graph, x ts) *nn.Tensor { return g.Mul(x[0], x[1]) }, [][]int{{2, 3, 4}, {4}}},
		"same operand twice": {func(g *nn.Graph, x ts) *nn.Tensor { return g.Mul(x[0], x[0]) }, [][]int{{5}}},
		"layer norm":         {func(g *nn.Graph, x ts) *nn.Tensor { return g.LayerNorm(x[0], x[1], x[2], 1e-5) }, [][]int{{3, 6}, {6}, {6}}},
		"attention": {func(g *nn.Graph, x ts) *nn.Tensor { return g.Attention(nn.All(x[0]), nn.All(x[1]), nn.All(x[2]), 2) },
			[][]int{{2, 3, 8}, {2, 5, 8}, {2, 5, 4}}},
		"attention, shared queries": {func(g *nn.Graph, x ts) *nn.Tensor { return g.Attention(nn.All(x[0]), nn.All(x[1]), nn.All(x[1]), 1) },
			[][]int{{1, 3, 4}, {3, 2, 4}}},
		"packed attention": {func(g *nn.Graph, x ts) *nn.Tensor {
			return g.Attention(nn.Part(x[0], 0, 4), nn.Part(x[0], 1, 4), nn.Part(x[0], 2, 4), 2)
		}, [][]int{{2, 3, 12}}},
		"rope": {func(g *nn.Graph, x ts) *nn.Tensor { return g.RoPE(x[0], g.Upload(rope, 4, 4, 2), 8) }, [][]int{{2, 9, 8}}},
		"convolution": {func(g *nn.Graph, x ts) *nn.Tensor {
			return g.Conv2d(x[0], x[1], x[2], nn.Conv{Kernel: 3, Stride: 2, Pad: 1})
		},
			[][]int{{2, 5, 4, 2}, {18, 3}, {3}}},
		"transposed convolution": {func(g *nn.Graph, x ts) *nn.Tensor { return g.ConvTranspose2x2(x[0], x[1], x[2]) }, [][]int{{1, 2, 3, 2}, {2, 12}, {3}}},
		"depthwise convolution":  {func(g *nn.Graph, x ts) *nn.Tensor { return g.DepthwiseConv(x[0], x[1], x[2]) }, [][]int{{2, 4, 3, 2}, {7, 7, 2}, {2}}},
		"bilinear up":            {func(g *nn.Graph, x ts) *nn.Tensor { return g.Resize(x[0], 7, 5, nn.Bilinear) }, [][]int{{1, 3, 2, 2}}},
		"antialiased down":       {func(g *nn.Graph, x ts) *nn.Tensor { return g.Resize(x[0], 3, 2, nn.BilinearAntialiased) }, [][]int{{1, 7, 5, 2}}},
		"bicubic up":             {func(g *nn.Graph, x ts) *nn.Tensor { return g.Resize(x[0], 6, 8, nn.Bicubic) }, [][]int{{1, 3, 4, 2}}},
		"nearest up":             {func(g *nn.Graph, x ts) *nn.Tensor { return g.Resize(x[0], 6, 4, nn.Nearest) }, [][]int{{2, 3, 2, 1}}},
		"slice":                  {func(g *nn.Graph, x ts) *nn.Tensor { return g.Slice(x[0], 1, 1, 3) }, [][]int{{2, 4, 3}}},
		"concat":                 {func(g *nn.Graph, x ts) *nn.Tensor { return g.Concat(1, x[0], x[1]) }, [][]int{{2, 1, 3}, {2, 2, 3}}},
		"permute":                {func(g *nn.Graph, x ts) *nn.Tensor { return g.Permute(x[0], 2, 0, 1) }, [][]int{{2, 3, 4}}},
		"expand":                 {func(g *nn.Graph, x ts) *nn.Tensor { return g.Expand(x[0], 1, 3) }, [][]int{{2, 1, 4}}},
		"windows": {func(g *nn.Graph, x ts) *nn.Tensor {
			w := g.Windows(x[0], 3)
			return g.Concat(1, w[0].T.Reshape(2, -1), w[1].T.Reshape(2, -1), w[2].T.Reshape(2, -1), w[3].T.Reshape(2, -1))
		}, [][]int{{2, 4, 5, 2}}},
		"unwindows": {func(g *nn.Graph, x ts) *nn.Tensor { return g.Unwindows(x, 2, 4, 5, 3) },
			[][]int{{2, 9, 2}, {2, 6, 2}, {2, 3, 2}, {2, 2, 2}}},
		"attention, a repeated key": {func(g *nn.Graph, x ts) *nn.Tensor {
			return g.AttentionRepeating(nn.Part(x[0], 0, 4).First(3), nn.Part(x[0], 1, 4), nn.Part(x[0], 2, 4), 2, 5)
		}, [][]int{{2, 4, 12}}},
		"gather": {func(g *nn.Graph, x ts) *nn.Tensor { return g.Gather(x[0], []int{2, 0, 1, 1, 2}) }, [][]int{{3, 2, 2}}},
		"choose": {func(g *nn.Graph, x ts) *nn.Tensor {
			return g.Choose(x[0], nn.Pick{Rank: g.Upload([]float32{9, 1, 3, 9, 2, 1, 9, 0, 0}, 3, 3), First: 1, Count: 2})
		}, [][]int{{3, 3, 4}}},
		"choose with a gate": {func(g *nn.Graph, x ts) *nn.Tensor {
			return g.Choose(x[0], nn.Pick{Count: 1, Gate: g.Upload([]float32{1, 0, -2}, 3, 1), Instead: x[1]})
		}, [][]int{{3, 1, 4}, {2}}},
		"choose and add": {func(g *nn.Graph, x ts) *nn.Tensor {
			return g.Choose(x[0], nn.Pick{Count: 1, Gate: g.Upload([]float32{1, 0, -2}, 3, 1), Instead: x[1], Addition: true})
		}, [][]int{{3, 1, 2, 2}, {2}}},
		"pick channels": {func(g *nn.Graph, x ts) *nn.Tensor { return g.PickChannels(x[0], []int{2, 0}) }, [][]int{{2, 3, 2}}},
	} {
		t.Run(name, func(t *testing.T) { checkGradient(t, c.f, c.shapes...) })
	}
}

// TestMaxPoolGradient checks that the gradient goes to the largest element, without finite differences, which would
// step over ties and corners.
func TestMaxPoolGradient(t *testing.T) {
	g := nn.NewGraph(cpu.NewPlain())
	x := g.Upload([]float32{1, 5, 2, 3, 3, 3, 3, 3}, 2, 2, 2, 1).RequireGrad(true)
	g.Record()
	y := g.MaxPool(x)
	g.AddGrad(y, []float32{10, 20})
	g.Backward()
	got, err := g.Read(x.Grad())
	require.NoError(t, err)
	require.Equal(t, []float32{0, 10, 0, 0, 20, 0, 0, 0}, got, "the first of equal elements")
}

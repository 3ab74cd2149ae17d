package nn

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Add returns x + y with broadcasting: axes of size 1, and missing leading axes, are repeated.
func (g *Graph) Add(x, y *Tensor) *Tensor { return g.AddScaled(x, 1, y, 1) }

// AddScaled returns p*x + q*y with broadcasting.
func (g *Graph) AddScaled(x *Tensor, p float32, y *Tensor, q float32) *Tensor {
	bc := broadcast("Add", x, y)
	z := g.New(bc.shape...)
	g.dev.Zip(bc.zip(backend.ZipAdd, x.buf, y.buf, z.buf, p, q))
	g.record(z, []*Tensor{x, y}, nil, func(dz backend.Buffer) {
		g.sumInto(y, dz, bc, bc.y, q) // dy = q*dz, summed over the axes along which y was repeated
		if p == 1 && x.size == z.size {
			g.passGrad(x, z)
		} else {
			g.sumInto(x, dz, bc, bc.x, p)
		}
	})
	return z
}

// Mul returns x * y with broadcasting.
func (g *Graph) Mul(x, y *Tensor) *Tensor {
	bc := broadcast("Mul", x, y)
	z := g.New(bc.shape...)
	g.dev.Zip(bc.zip(backend.ZipMul, x.buf, y.buf, z.buf, 1, 0))
	g.record(z, []*Tensor{x, y}, []*Tensor{x, y}, func(dz backend.Buffer) {
		side := func(to, other *Tensor, toStride, otherStride [3]int) {
			if !to.needsGrad {
				return
			}
			t := g.New(bc.shape...) // dx = dz*y, summed over the axes along which x was repeated
			g.dev.Zip(backend.Zip{Op: backend.ZipMul, X: dz, Y: other.buf, Z: t.buf, Dims: bc.dims,
				XStride: contiguous(bc.dims), YStride: otherStride, P: 1})
			g.sumInto(to, t.buf, bc, toStride, 1)
		}
		side(x, y, bc.x, bc.y)
		side(y, x, bc.y, bc.x)
	})
	return z
}

// broadcasting describes how two operands are combined: shape is that of the result; dims is the same with neighboring axes merged
// that both operands step through alike; x and y are the operands' strides along dims, 0 where one is repeated.
type broadcasting struct {
	shape []int
	dims  [3]int
	x, y  [3]int
}

// broadcast panics, naming the operation op, if x and y cannot be combined.
func broadcast(op string, x, y *Tensor) broadcasting {
	var bc broadcasting
	var axes []broadcastAxis
	bc.shape, axes = broadcastAxes(op, x, y)
	bc.dims = [3]int{1, 1, 1}
	sx, sy := 1, 1
	for k := len(axes) - 1; k >= 0; k-- {
		i := 3 - len(axes) + k
		ax := axes[k]
		bc.dims[i] = ax.n
		if !ax.xRepeats {
			bc.x[i] = sx
			sx *= ax.n
		}
		if !ax.yRepeats {
			bc.y[i] = sy
			sy *= ax.n
		}
	}
	return bc
}

// broadcastAxis is one or more neighboring axes of a result, along which each operand is either repeated or not.
type broadcastAxis struct {
	n                  int
	xRepeats, yRepeats bool
}

// broadcastAxes returns the shape of the result of x and y, and its axes, of which there are at most three.
func broadcastAxes(op string, x, y *Tensor) (shape []int, axes []broadcastAxis) {
	n := max(len(x.Shape), len(y.Shape))
	size := func(t *Tensor, i int) int {
		if j := i - n + len(t.Shape); j >= 0 {
			return t.Shape[j]
		}
		return 1
	}
	for i := range n {
		a, b := size(x, i), size(y, i)
		if a != b && a != 1 && b != 1 {
			panic(fmt.Sprintf("nn.%s: got %v and %v, want shapes that broadcast", op, x.Shape, y.Shape))
		}
		d := max(a, b)
		shape = append(shape, d)
		if d == 1 {
			continue
		}
		ax := broadcastAxis{d, a == 1, b == 1}
		if k := len(axes) - 1; k >= 0 && axes[k].xRepeats == ax.xRepeats && axes[k].yRepeats == ax.yRepeats {
			axes[k].n *= d
		} else {
			axes = append(axes, ax)
		}
	}
	if len(axes) > 3 {
		panic(fmt.Sprintf("nn.%s: got %v and %v, want at most 3 alternations of repeated axes", op, x.Shape, y.Shape))
	}
	return shape, axes
}

func (bc broadcasting) zip(op backend.ZipOp, x, y, z backend.Buffer, p, q float32) backend.Zip {
	return backend.Zip{Op: op, X: x, Y: y, Z: z, Dims: bc.dims, XStride: bc.x, YStride: bc.y, P: p, Q: q}
}

// contiguous returns the strides of a row-major tensor.
func contiguous(d [3]int) [3]int { return [3]int{d[1] * d[2], d[2], 1} }

// sumInto adds p*dz to the gradient of an operand, summed over the axes along which it was repeated. stride holds the operand's
// strides along bc.dims.
func (g *Graph) sumInto(to *Tensor, dz backend.Buffer, bc broadcasting, stride [3]int, p float32) {
	if !to.needsGrad {
		return
	}
	dims := bc.dims
	for i := range dims { // sum over one repeated axis after the other
		if stride[i] != 0 || dims[i] == 1 {
			continue
		}
		outer, inner := 1, 1
		for j := 0; j < i; j++ {
			outer *= dims[j]
		}
		for j := i + 1; j < 3; j++ {
			inner *= dims[j]
		}
		t := g.New(outer * inner)
		g.dev.Sum(backend.Sum{X: dz, Y: t.buf, Outer: outer, N: dims[i], Inner: inner, P: 1})
		dz, dims[i] = t.buf, 1
	}
	dx, acc := g.gradInto(to)
	g.dev.Map(backend.Map{Op: backend.MapAffine, X: dz, Y: dx, N: to.size, P: p, Accumulate: acc})
}

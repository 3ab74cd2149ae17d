package nn

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// move is a strided copy from one tensor to another. Its adjoint is the same copy in the other direction.
type move struct {
	dims                 [5]int
	fromOff, toOff       int
	fromStride, toStride [5]int
}

func (m move) copy(from, to backend.Buffer, accumulate bool) backend.Copy {
	return backend.Copy{X: from, Y: to, XOff: m.fromOff, YOff: m.toOff, Dims: m.dims,
		XStride: m.fromStride, YStride: m.toStride, Accumulate: accumulate}
}

func (m move) reverse() move {
	m.fromOff, m.toOff = m.toOff, m.fromOff
	m.fromStride, m.toStride = m.toStride, m.fromStride
	return m
}

// Slice returns the elements from..to-1 of an axis.
func (g *Graph) Slice(x *Tensor, axis, from, to int) *Tensor {
	outer, n, inner := split(x, axis)
	check(0 <= from && from < to && to <= n, "Slice", []int{from, to}, x.Shape)
	shape := slices.Clone(x.Shape)
	shape[axis] = to - from
	y := g.New(shape...)
	width := (to - from) * inner
	m := move{dims: [5]int{1, 1, 1, outer, width}, fromOff: from * inner,
		fromStride: [5]int{0, 0, 0, n * inner, 1}, toStride: [5]int{0, 0, 0, width, 1}}
	g.dev.Copy(m.copy(x.buf, y.buf, false))
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		g.dev.Copy(m.reverse().copy(dy, g.gradSum(x), true)) // dx[from:to] += dy
	})
	return y
}

// Concat joins tensors along an axis; their other axes are equal.
func (g *Graph) Concat(axis int, xs ...*Tensor) *Tensor {
	shape := slices.Clone(xs[0].Shape)
	shape[axis] = 0
	for _, x := range xs {
		shape[axis] += x.Dim(axis)
	}
	y := g.New(shape...)
	outer, _, _ := split(y, axis)
	a := backend.Join{Y: y.buf, Outer: outer}
	for _, x := range xs {
		o, n, inner := split(x, axis)
		check(len(x.Shape) == len(shape) && o == outer && inner*shape[axis]*outer == y.size, "Concat", x.Shape, shape)
		a.X, a.Widths = append(a.X, x.buf), append(a.Widths, n*inner)
	}
	g.dev.Join(a)
	g.record(y, xs, nil, func(dy backend.Buffer) {
		for i, part := range a.Copies() {
			if x := xs[i]; x.needsGrad {
				dx, acc := g.gradInto(x) // dx = its part of dy
				g.dev.Copy(backend.Copy{X: dy, XOff: part.YOff, Y: dx, Dims: part.Dims,
					XStride: part.YStride, YStride: part.XStride, Accumulate: acc})
			}
		}
	})
	return y
}

// Permute reorders the axes: axis i of the result is axis order[i] of x.
func (g *Graph) Permute(x *Tensor, order ...int) *Tensor {
	check(len(order) == len(x.Shape) && len(order) <= 5, "Permute", order, x.Shape)
	strides := make([]int, len(order))
	step := 1
	for i := len(x.Shape) - 1; i >= 0; i-- {
		strides[i] = step
		step *= x.Shape[i]
	}
	shape := make([]int, len(order))
	m := move{dims: [5]int{1, 1, 1, 1, 1}}
	pad := 5 - len(order)
	step = 1
	for i := len(order) - 1; i >= 0; i-- {
		shape[i] = x.Shape[order[i]]
		m.dims[pad+i], m.fromStride[pad+i], m.toStride[pad+i] = shape[i], strides[order[i]], step
		step *= shape[i]
	}
	y := g.New(shape...)
	g.dev.Copy(m.copy(x.buf, y.buf, false))
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		dx, acc := g.gradInto(x)
		g.dev.Copy(m.reverse().copy(dy, dx, acc))
	})
	return y
}

// swapFirstAxes maps x [A,B,C] to [B,A,C].
func (g *Graph) swapFirstAxes(x *Tensor) *Tensor {
	if a, b := x.Dim(0), x.Dim(1); a == 1 || b == 1 {
		return x.Reshape(b, a, x.Dim(2))
	}
	return g.Permute(x, 1, 0, 2)
}

// Expand repeats x n times along an axis, where its size is 1.
func (g *Graph) Expand(x *Tensor, axis, n int) *Tensor {
	outer, one, inner := split(x, axis)
	check(one == 1, "Expand", x.Shape, "size 1 along the axis")
	if n == 1 {
		return x
	}
	shape := slices.Clone(x.Shape)
	shape[axis] = n
	y := g.New(shape...)
	g.dev.Copy(backend.Copy{X: x.buf, Y: y.buf, Dims: [5]int{1, 1, outer, n, inner},
		XStride: [5]int{0, 0, inner, 0, 1}, YStride: [5]int{0, 0, n * inner, inner, 1}})
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		dx, acc := g.gradInto(x) // dx = sum over the copies
		g.dev.Sum(backend.Sum{X: dy, Y: dx, Outer: outer, N: n, Inner: inner, P: 1, Accumulate: acc})
	})
	return y
}

// PickChannels returns channel index[b] of each item b: x [B,C,..] -> [B,1,..].
func (g *Graph) PickChannels(x *Tensor, index []int) *Tensor {
	check(len(index) == x.Dim(0), "PickChannels", len(index), x.Shape)
	return g.Scoped1(func() *Tensor {
		items := make([]*Tensor, len(index))
		for i, c := range index {
			items[i] = g.Slice(g.Item(x, i), 1, c, c+1)
		}
		return g.join(items)
	})
}

// ReplaceItems returns x with item i of its first axis replaced by with(i), unless with(i) is nil.
func (g *Graph) ReplaceItems(x *Tensor, with func(i int) *Tensor) *Tensor {
	return g.Scoped1(func() *Tensor {
		items, changed := make([]*Tensor, x.Dim(0)), false
		for i := range items {
			if items[i] = with(i); items[i] != nil {
				changed = true
			} else {
				items[i] = g.Item(x, i)
			}
		}
		if !changed {
			return x
		}
		return g.join(items)
	})
}

// Gather returns the items index[0], index[1], ... of the first axis; an item may be repeated.
func (g *Graph) Gather(x *Tensor, index []int) *Tensor {
	n := x.size / x.Dim(0) // elements per item
	moves, same := gatherMoves(index, x.Dim(0), n), len(index) == x.Dim(0)
	if same && len(moves) == 1 {
		return x
	}
	y := g.New(append([]int{len(index)}, x.Shape[1:]...)...)
	for _, m := range moves {
		g.dev.Copy(m.copy(x.buf, y.buf, false))
	}
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		dx := g.gradSum(x) // dx[index[i]] += dy[i]
		for _, m := range moves {
			g.dev.Copy(m.reverse().copy(dy, dx, true))
		}
	})
	return y
}

// gatherMoves returns the copies that gather items of n elements, one copy for each run of consecutive items.
func gatherMoves(index []int, items, n int) []move {
	var out []move
	for i, from := range index {
		check(from >= 0 && from < items, "Gather", from, items)
		if last := len(out) - 1; i > 0 && from == index[i-1]+1 {
			out[last].dims[4] += n
			continue
		}
		out = append(out, move{dims: [5]int{1, 1, 1, 1, n}, fromOff: from * n, toOff: i * n,
			fromStride: [5]int{0, 0, 0, 0, 1}, toStride: [5]int{0, 0, 0, 0, 1}})
	}
	return out
}

// Item returns item i of the first axis, which is kept with size 1.
func (g *Graph) Item(x *Tensor, i int) *Tensor {
	if x.Dim(0) == 1 {
		return x
	}
	return g.Slice(x, 0, i, i+1)
}

// join concatenates items along the first axis.
func (g *Graph) join(items []*Tensor) *Tensor {
	if len(items) == 1 {
		return items[0]
	}
	return g.Concat(0, items...)
}

// split returns the shape of x as [outer, n, inner], where n is the size of the given axis.
func split(x *Tensor, axis int) (outer, n, inner int) {
	outer, inner = 1, 1
	for i, d := range x.Shape {
		switch {
		case i < axis:
			outer *= d
		case i > axis:
			inner *= d
		}
	}
	return outer, x.Shape[axis], inner
}

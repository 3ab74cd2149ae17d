package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Windows are n windows of H x W tokens each: T [n,H*W,C]. If the edge of the image cuts them, T is [n,H*W+1,C]: SAM 2 fills such
// windows with zeros up to their full size, and since all of these Missing padding tokens are equal, one token of zeros stands for
// them. Attention counts it Missing times (Graph.AttentionRepeating).
type Windows struct {
	T       *Tensor
	H, W    int
	Missing int
}

// Whole returns every image of x [B,H,W,C] as one window.
func Whole(x *Tensor) Windows {
	return Windows{T: x.Reshape(x.Dim(0), -1, x.Dim(3)), H: x.Dim(1), W: x.Dim(2)}
}

// Windows cuts x [B,H,W,C] into win x win windows. It returns them by size: whole windows first, then those cut by the right
// edge, the bottom edge, and both. For a device that cannot count a key more than once (backend.KeyRepeater), all are filled with
// zeros to the full size.
func (g *Graph) Windows(x *Tensor, win int) []Windows {
	if !g.repeatsKeys() {
		return []Windows{{T: g.padded(x, win), H: win, W: win}}
	}
	t := tiling{x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3), win}
	var out []Windows
	for _, p := range t.parts() {
		w := Windows{H: p.h, W: p.w, Missing: p.missing}
		tokens := p.h * p.w
		if p.missing > 0 {
			tokens++
		}
		w.T = g.New(t.B*p.rows*p.cols, tokens, t.C)
		if p.missing > 0 {
			g.dev.Fill(backend.Fill{X: w.T.buf, N: w.T.size})
		}
		m := t.move(p, tokens)
		g.dev.Copy(m.copy(x.buf, w.T.buf, false))
		g.record(w.T, []*Tensor{x}, nil, func(dy backend.Buffer) {
			g.dev.Copy(m.reverse().copy(dy, g.gradSum(x), true)) // each part holds some of the pixels
		})
		out = append(out, w)
	}
	return out
}

// Unwindows is the inverse of Windows: it assembles parts [n,H*W,C], computed from what Windows returned, to an image [b,h,w,C].
// If the parts were pooled, h, w and win are the pooled sizes.
func (g *Graph) Unwindows(parts []*Tensor, b, h, w, win int) *Tensor {
	if !g.repeatsKeys() {
		return g.unpadded(parts[0], b, h, w, win)
	}
	t := tiling{b, h, w, parts[0].Dim(2), win}
	y := g.New(b, h, w, t.C)
	layout := t.parts()
	check(len(parts) == len(layout), "Unwindows", len(parts), len(layout))
	for i, p := range layout {
		check(parts[i].size == b*p.rows*p.cols*p.h*p.w*t.C, "Unwindows", parts[i].Shape, []int{b * p.rows * p.cols, p.h * p.w, t.C})
		g.dev.Copy(t.move(p, p.h*p.w).reverse().copy(parts[i].buf, y.buf, false))
	}
	g.record(y, parts, nil, func(dy backend.Buffer) {
		for i, p := range layout {
			if parts[i].needsGrad {
				g.dev.Copy(t.move(p, p.h*p.w).copy(dy, g.gradSum(parts[i]), true))
			}
		}
	})
	return y
}

// padded cuts x [B,H,W,C] into windows of equal size, padded with zeros: [n,win*win,C].
func (g *Graph) padded(x *Tensor, win int) *Tensor {
	a := backend.Windows{X: x.buf, B: x.Dim(0), H: x.Dim(1), W: x.Dim(2), C: x.Dim(3), Side: win}
	rows, cols := a.Across()
	y := g.New(a.B*rows*cols, win*win, a.C)
	a.Y = y.buf
	g.dev.Windows(a)
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		a.X, a.Inverse = dy, true // the padding's gradient is dropped
		a.Y, a.Accumulate = g.gradInto(x)
		g.dev.Windows(a)
	})
	return y
}

// unpadded assembles windows x [n,win*win,C] to an image [b,h,w,C].
func (g *Graph) unpadded(x *Tensor, b, h, w, win int) *Tensor {
	a := backend.Windows{X: x.buf, B: b, H: h, W: w, C: x.Dim(2), Side: win, Inverse: true}
	rows, cols := a.Across()
	check(x.size == b*rows*cols*win*win*a.C, "Unwindows", x.Shape, []int{b * rows * cols, win * win, a.C})
	y := g.New(b, h, w, a.C)
	a.Y = y.buf
	g.dev.Windows(a)
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		a.X, a.Inverse = dy, false // the padding's gradient is zero
		a.Y, a.Accumulate = g.gradInto(x)
		g.dev.Windows(a)
	})
	return y
}

// repeatsKeys reports whether one key can stand for the padding of a window.
func (g *Graph) repeatsKeys() bool {
	dev, ok := g.dev.(backend.KeyRepeater)
	return ok && dev.RepeatsKeys()
}

// tiling describes how windows of side win cover images [B,H,W,C].
type tiling struct{ B, H, W, C, win int }

// band is a run of rows (or columns) of windows of equal height (or width): count of them, from row first on, size tokens each.
type band struct{ first, count, size int }

// bands divides an axis of n tokens.
func (t tiling) bands(n int) []band {
	var out []band
	if n >= t.win {
		out = append(out, band{0, n / t.win, t.win})
	}
	if n%t.win > 0 {
		out = append(out, band{n / t.win, 1, n % t.win})
	}
	return out
}

// tilingPart is the windows of one size, h x w tokens each: rows x cols of them in each image, in one tensor.
type tilingPart struct {
	rows, cols    int
	h, w, missing int
	down, across  band
}

// parts groups the windows by size.
func (t tiling) parts() []tilingPart {
	var out []tilingPart
	for _, r := range t.bands(t.H) {
		for _, c := range t.bands(t.W) {
			out = append(out, tilingPart{rows: r.count, cols: c.count, h: r.size, w: c.size,
				missing: t.win*t.win - r.size*c.size, down: r, across: c})
		}
	}
	return out
}

// move is the copy from images to the windows of a part, each of which holds the given number of tokens.
func (t tiling) move(p tilingPart, tokens int) move {
	window, r, c := tokens*t.C, p.down, p.across
	return move{
		dims:       [5]int{t.B, r.count, c.count, r.size, c.size * t.C},
		fromOff:    (r.first*t.win*t.W + c.first*t.win) * t.C,
		fromStride: [5]int{t.H * t.W * t.C, t.win * t.W * t.C, t.win * t.C, t.W * t.C, 1},
		toStride:   [5]int{p.rows * p.cols * window, p.cols * window, window, p.w * t.C, 1},
	}
}

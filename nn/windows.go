package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Windows are windows of one size, of H x W tokens each: T [n,H*W,C]. Where the edge of the image cuts them, Missing is the
// number of tokens that are not there, which are all zero, and one more token stands for these: T [n,H*W+1,C].
type Windows struct {
	T       *Tensor
	H, W    int
	Missing int
}

// Whole is every image of x [B,H,W,C] as one window.
func Whole(x *Tensor) Windows {
	return Windows{T: x.Reshape(x.Dim(0), -1, x.Dim(3)), H: x.Dim(1), W: x.Dim(2)}
}

// Windows cuts x [B,H,W,C] into win x win windows: those inside, then, where they do not fill the image, those that its
// edge cuts. A device that cannot count a key more than once (backend.KeyRepeater) gets all alike, zero padded.
func (g *Graph) Windows(x *Tensor, win int) []Windows {
	t := tiling{x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3), win}
	var out []Windows
	for _, p := range t.parts(g.repeatsKeys()) {
		w := Windows{H: p.h, W: p.w, Missing: p.missing}
		tokens := p.h * p.w
		if p.missing > 0 {
			tokens++
		}
		w.T = g.New(t.B*p.rows*p.cols, tokens, t.C)
		if p.missing > 0 || p.padded(t) {
			g.dev.Fill(backend.Fill{X: w.T.buf, N: w.T.size})
		}
		moves := t.moves(p, tokens)
		for _, m := range moves {
			g.dev.Copy(m.copy(x.buf, w.T.buf, false))
		}
		g.note(w.T, []*Tensor{x}, nil, func(dy backend.Buffer) {
			dx := g.gradSum(x) // each part has some of the pixels
			for _, m := range moves {
				g.dev.Copy(m.reverse().copy(dy, dx, true))
			}
		})
		out = append(out, w)
	}
	return out
}

// Unwindows puts parts [n,H*W,C], made of what Windows returned, together to [B,H,W,C]; win may have changed with the image.
func (g *Graph) Unwindows(parts []*Tensor, b, h, w, win int) *Tensor {
	t := tiling{b, h, w, parts[0].Dim(2), win}
	y := g.New(b, h, w, t.C)
	of := t.parts(g.repeatsKeys())
	check(len(parts) == len(of), "Unwindows", len(parts), len(of))
	for i, p := range of {
		check(parts[i].size == b*p.rows*p.cols*p.h*p.w*t.C, "Unwindows", parts[i].Shape, []int{b * p.rows * p.cols, p.h * p.w, t.C})
		for _, m := range t.moves(p, p.h*p.w) {
			g.dev.Copy(m.reverse().copy(parts[i].buf, y.buf, false))
		}
	}
	g.note(y, parts, nil, func(dy backend.Buffer) {
		for i, p := range of {
			if !parts[i].needsGrad {
				continue
			}
			dx := g.gradSum(parts[i]) // nothing reaches the padding
			for _, m := range t.moves(p, p.h*p.w) {
				g.dev.Copy(m.copy(dy, dx, true))
			}
		}
	})
	return y
}

// repeatsKeys says whether one key can stand for the padding of a window.
func (g *Graph) repeatsKeys() bool {
	dev, ok := g.dev.(backend.KeyRepeater)
	return ok && dev.RepeatsKeys()
}

// tiling is images [B,H,W,C] under windows of side win.
type tiling struct{ B, H, W, C, win int }

// band is windows of equal height in a column of windows, or of equal width in a row: count of them from window first on.
type band struct{ first, count, size int }

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

// tilingPart is windows that lie in one tensor, rows x cols of them in each image: the bands of rows and of columns are
// copied to places for h x w tokens.
type tilingPart struct {
	rows, cols    int
	h, w, missing int
	down, across  []band
}

// padded says whether bands are smaller than the places that they are copied to.
func (p tilingPart) padded(t tiling) bool { return p.rows*p.h > t.H || p.cols*p.w > t.W }

// parts puts windows of different size apart, or all windows, padded, into one part.
func (t tiling) parts(apart bool) []tilingPart {
	down, across := t.bands(t.H), t.bands(t.W)
	if !apart {
		return []tilingPart{{rows: (t.H + t.win - 1) / t.win, cols: (t.W + t.win - 1) / t.win, h: t.win, w: t.win, down: down, across: across}}
	}
	var out []tilingPart
	for _, r := range down {
		for _, c := range across {
			out = append(out, tilingPart{rows: r.count, cols: c.count, h: r.size, w: c.size, missing: t.win*t.win - r.size*c.size,
				down: []band{r}, across: []band{c}})
		}
	}
	return out
}

// moves copies the images' pixels to the windows of a part, of so many tokens each.
func (t tiling) moves(p tilingPart, tokens int) []move {
	var out []move
	window := tokens * t.C
	for _, r := range p.down {
		for _, c := range p.across {
			out = append(out, move{
				dims:     [5]int{t.B, r.count, c.count, r.size, c.size * t.C},
				fromOff:  (r.first*t.win*t.W + c.first*t.win) * t.C,
				toOff:    ((r.first-p.down[0].first)*p.cols + c.first - p.across[0].first) * window,
				fromStep: [5]int{t.H * t.W * t.C, t.win * t.W * t.C, t.win * t.C, t.W * t.C, 1},
				toStride: [5]int{p.rows * p.cols * window, p.cols * window, window, p.w * t.C, 1},
			})
		}
	}
	return out
}

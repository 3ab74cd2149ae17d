package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Conv is the geometry of a square convolution.
type Conv struct {
	Kernel, Stride, Pad int
}

// Conv2d convolves x [B,H,W,C] with w [K*K*C,out] and adds b [out] -> [B,OH,OW,out]. It copies each patch to a row of a matrix
// (im2col), which turns the convolution into a matrix product.
func (g *Graph) Conv2d(x, w, b *Tensor, geometry Conv) *Tensor {
	check(len(x.Shape) == 4 && w.Dim(0) == geometry.Kernel*geometry.Kernel*x.Dim(3), "Conv2d", x.Shape, w.Shape)
	return g.Scoped1(func() *Tensor {
		cols := g.im2col(x, geometry)
		return g.Linear(cols, w, b)
	})
}

// im2col copies patches to rows: [B,H,W,C] -> [B,OH,OW,K*K*C].
func (g *Graph) im2col(x *Tensor, geometry Conv) *Tensor {
	a := backend.Im2Col{X: x.buf, B: x.Dim(0), H: x.Dim(1), W: x.Dim(2), C: x.Dim(3),
		KH: geometry.Kernel, KW: geometry.Kernel, Stride: geometry.Stride, Pad: geometry.Pad}
	oh, ow := a.OutSize()
	cols := g.New(a.B, oh, ow, a.KH*a.KW*a.C)
	a.Cols = cols.buf
	g.dev.Im2Col(a)
	g.record(cols, []*Tensor{x}, nil, func(dcols backend.Buffer) {
		a.X, a.Cols = g.gradSum(x), dcols // dx += the sum of dcols over the patches that contain the pixel
		g.dev.Col2Im(a)
	})
	return cols
}

// ConvTranspose2x2 upsamples x [B,H,W,C] by 2 with a transposed convolution of kernel size 2 and stride 2:
// w [C,2*2*out], b [out] -> [B,2H,2W,out]. Its output patches do not overlap, so it is a matrix product and a permutation.
func (g *Graph) ConvTranspose2x2(x, w, b *Tensor) *Tensor {
	B, H, W, out := x.Dim(0), x.Dim(1), x.Dim(2), w.Dim(1)/4
	return g.Scoped1(func() *Tensor {
		shuffle := func(y *Tensor) *Tensor { // [B,H,W,2,2*out] -> [B,H,2,W,2*out]: the two rows of each patch go to rows of the image
			return g.Permute(y.Reshape(B*H, W, 2, 2*out), 0, 2, 1, 3).Reshape(B, 2*H, 2*W, out)
		}
		if g.Recording() {
			return g.Add(shuffle(g.Linear(x, w, nil)), b)
		}
		// The product adds the bias, to each of the four places.
		four := g.Derived(b.storage, "four times", []*Tensor{b}, func() []*Tensor { return []*Tensor{g.Concat(0, b, b, b, b)} })
		return shuffle(g.Linear(x, w, four[0]))
	})
}

// DepthwiseConv convolves each channel of x [B,H,W,C], zero padded, with its own kernel, w [K,K,C], and adds b [C].
func (g *Graph) DepthwiseConv(x, w, b *Tensor) *Tensor {
	B, H, W, C, K := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3), w.Dim(0)
	check(w.Dim(2) == C, "DepthwiseConv", x.Shape, w.Shape)
	y := g.like(x)
	g.FLOP += 2 * float64(x.size*K*K)
	g.dev.DepthwiseConv(backend.DepthwiseConv{X: x.buf, Weight: w.buf, Bias: bufOf(b), Y: y.buf, B: B, H: H, W: W, C: C, K: K})
	g.record(y, []*Tensor{x, w, b}, []*Tensor{x, w}, func(dy backend.Buffer) {
		d := backend.DepthwiseConvBackward{X: x.buf, Weight: w.buf, DY: dy, B: B, H: H, W: W, C: C, K: K}
		if x.needsGrad {
			d.DX = g.gradSum(x)
		}
		if w.needsGrad {
			d.DWeight = g.gradSum(w)
		}
		if b != nil && b.needsGrad {
			d.DBias = g.gradSum(b)
		}
		g.FLOP += 4 * float64(x.size*K*K)
		g.dev.DepthwiseConvBackward(d)
	})
	return y
}

// MaxPool returns the maximum of each 2x2 block: [B,H,W,C] -> [B,H/2,W/2,C].
func (g *Graph) MaxPool(x *Tensor) *Tensor {
	B, H, W, C := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	y := g.New(B, H/2, W/2, C)
	g.dev.MaxPool(backend.MaxPool{X: x.buf, Y: y.buf, B: B, H: H, W: W, C: C})
	g.record(y, []*Tensor{x}, []*Tensor{x}, func(dy backend.Buffer) {
		g.dev.MaxPoolBackward(backend.MaxPoolBackward{X: x.buf, DY: dy, DX: g.gradSum(x), B: B, H: H, W: W, C: C})
	})
	return y
}

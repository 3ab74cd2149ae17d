package backend

// Im2Col copies the patches of an image to the rows of a matrix, so that a convolution becomes a MatMul with weights
// [KH*KW*C, Cout]:
//
//	Cols[(b*OH+oy)*OW+ox, (ky*KW+kx)*C+c] = X[b, oy*Stride-Pad+ky, ox*Stride-Pad+kx, c]   (0 outside)
//
// with OH = (H + 2*Pad - KH)/Stride + 1 and OW likewise.
//
// The kernel Col2Im takes the same struct and is the adjoint: it adds to each element of X all entries of Cols that Im2Col would
// copy from it.
type Im2Col struct {
	X           Buffer // [B,H,W,C]
	Cols        Buffer // [B*OH*OW, KH*KW*C]
	B, H, W, C  int
	KH, KW      int
	Stride, Pad int
}

// OutSize returns OH and OW.
func (a Im2Col) OutSize() (oh, ow int) {
	return (a.H+2*a.Pad-a.KH)/a.Stride + 1, (a.W+2*a.Pad-a.KW)/a.Stride + 1
}

// Check panics unless a keeps the contract.
func (a Im2Col) Check() {
	const op = "Im2Col"
	positive(op, "B, H, W, C, KH, KW, Stride", a.B, a.H, a.W, a.C, a.KH, a.KW, a.Stride)
	check(a.Pad >= 0, op, "got Pad %d, want 0 or more", a.Pad)
	check(a.H+2*a.Pad >= a.KH && a.W+2*a.Pad >= a.KW, op,
		"got an image of (%d,%d) padded by %d, want at least the kernel (%d,%d)", a.H, a.W, a.Pad, a.KH, a.KW)
	oh, ow := a.OutSize()
	holds(op, "X", a.X, 0, a.B*a.H*a.W*a.C)
	holds(op, "Cols", a.Cols, 0, a.B*oh*ow*a.KH*a.KW*a.C)
}

// DepthwiseConv convolves each channel with its own K x K kernel (K odd), with stride 1 and K/2 pixels of zero padding:
//
//	Y[b,y,x,c] = Bias[c] + sum_{ky,kx} X[b, y+ky-K/2, x+kx-K/2, c] * Weight[ky,kx,c]
type DepthwiseConv struct {
	X       Buffer // [B,H,W,C]
	Weight  Buffer // [K,K,C]
	Bias    Buffer // [C] or nil
	Y       Buffer // [B,H,W,C]
	B, H, W int
	C, K    int
}

// Check panics unless a keeps the contract.
func (a DepthwiseConv) Check() {
	const op = "DepthwiseConv"
	checkDepthwise(op, a.B, a.H, a.W, a.C, a.K)
	size := a.B * a.H * a.W * a.C
	holds(op, "X", a.X, 0, size)
	holds(op, "Weight", a.Weight, 0, a.K*a.K*a.C)
	mayHold(op, "Bias", a.Bias, a.C)
	holds(op, "Y", a.Y, 0, size)
}

func checkDepthwise(op string, b, h, w, c, k int) {
	positive(op, "B, H, W, C, K", b, h, w, c, k)
	check(k%2 == 1, op, "got K = %d, want an odd kernel", k)
}

// DepthwiseConvBackward adds the gradients of a DepthwiseConv. Each of DX, DWeight and DBias may be nil.
//
//	DX[b,y,x,c] += sum DY[b, y-ky+K/2, x-kx+K/2, c] * Weight[ky,kx,c]
//	DWeight[ky,kx,c] += sum_{b,y,x} X[b, y+ky-K/2, x+kx-K/2, c] * DY[b,y,x,c];  DBias[c] += sum DY
type DepthwiseConvBackward struct {
	X, Weight, DY      Buffer
	DX, DWeight, DBias Buffer
	B, H, W            int
	C, K               int
}

// Check panics unless a keeps the contract. X is needed only for DWeight, Weight only for DX.
func (a DepthwiseConvBackward) Check() {
	const op = "DepthwiseConvBackward"
	checkDepthwise(op, a.B, a.H, a.W, a.C, a.K)
	size, taps := a.B*a.H*a.W*a.C, a.K*a.K*a.C
	holds(op, "DY", a.DY, 0, size)
	if a.DX != nil {
		holds(op, "DX", a.DX, 0, size)
		holds(op, "Weight", a.Weight, 0, taps)
	}
	if a.DWeight != nil {
		holds(op, "DWeight", a.DWeight, 0, taps)
		holds(op, "X", a.X, 0, size)
	}
	mayHold(op, "DBias", a.DBias, a.C)
}

// MaxPool returns the maximum of each 2 x 2 block: X [B,H,W,C] -> Y [B,H/2,W/2,C]. An odd last row or column is dropped.
type MaxPool struct {
	X, Y       Buffer
	B, H, W, C int
}

// Check panics unless a keeps the contract.
func (a MaxPool) Check() {
	const op = "MaxPool"
	checkMaxPool(op, a.B, a.H, a.W, a.C)
	holds(op, "X", a.X, 0, a.B*a.H*a.W*a.C)
	holds(op, "Y", a.Y, 0, a.B*(a.H/2)*(a.W/2)*a.C)
}

func checkMaxPool(op string, b, h, w, c int) {
	positive(op, "B, C", b, c)
	check(h >= 2 && w >= 2, op, "got an image of (%d,%d), want at least (2,2)", h, w)
}

// MaxPoolBackward adds DY to DX at the place of each block's maximum. If several elements are equal, it is the first one in
// row-major order, as in PyTorch.
type MaxPoolBackward struct {
	X, DY, DX  Buffer
	B, H, W, C int
}

// Check panics unless a keeps the contract.
func (a MaxPoolBackward) Check() {
	const op = "MaxPoolBackward"
	checkMaxPool(op, a.B, a.H, a.W, a.C)
	holds(op, "X", a.X, 0, a.B*a.H*a.W*a.C)
	holds(op, "DY", a.DY, 0, a.B*(a.H/2)*(a.W/2)*a.C)
	holds(op, "DX", a.DX, 0, a.B*a.H*a.W*a.C)
}

// Resample multiplies one axis by a sparse matrix of size Out x In, each of whose rows has at most Taps consecutive nonzero
// entries. Resizing by any filter is such a matrix, and so is its adjoint:
//
//	Y[o,i,c] (+)= sum_{t<Taps} Table[i,1+t] * X[o, Table[i,0]+t, c]
//
// X is [Outer,In,Inner], Y is [Outer,Out,Inner]. Table[i,0] is an integer in 0..In-1, stored as a float32. Terms beyond In have
// weight 0, and what lies there must not be read.
type Resample struct {
	X, Y           Buffer
	Table          Buffer // [Out, 1+Taps]
	Taps           int
	Outer, In, Out int
	Inner          int
	Accumulate     bool
}

// Check panics unless a keeps the contract. It cannot see the contents of Table.
func (a Resample) Check() {
	const op = "Resample"
	positive(op, "Taps, Outer, In, Out, Inner", a.Taps, a.Outer, a.In, a.Out, a.Inner)
	holds(op, "X", a.X, 0, a.Outer*a.In*a.Inner)
	holds(op, "Y", a.Y, 0, a.Outer*a.Out*a.Inner)
	holds(op, "Table", a.Table, 0, a.Out*(1+a.Taps))
}

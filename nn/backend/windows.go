package backend

// Windows cuts images into windows of Side x Side pixels and fills with zeros what the edge of the image cuts off: with y = r*Side+i
// and x = c*Side+j for window (r,c) of rows x cols = ceil(H/Side) x ceil(W/Side),
//
//	Y[((b*rows + r)*cols + c), i*Side+j, :] (+)= X[b,y,x,:] inside of the image, 0 elsewhere
//
// and with Inverse puts them together again, which is also the adjoint:
//
//	Y[b,y,x,:] (+)= X[((b*rows + r)*cols + c), i*Side+j, :]
type Windows struct {
	X, Y       Buffer
	B, H, W, C int // of the images
	Side       int
	Inverse    bool
	Accumulate bool
}

// Across returns how many windows lie above each other and side by side.
func (a Windows) Across() (rows, cols int) {
	return (a.H + a.Side - 1) / a.Side, (a.W + a.Side - 1) / a.Side
}

// Check panics unless a keeps the contract.
func (a Windows) Check() {
	const op = "Windows"
	positive(op, "B, H, W, C, Side", a.B, a.H, a.W, a.C, a.Side)
	rows, cols := a.Across()
	images, windows := a.B*a.H*a.W*a.C, a.B*rows*cols*a.Side*a.Side*a.C
	if a.Inverse {
		images, windows = windows, images
	}
	holds(op, "X", a.X, 0, images)
	holds(op, "Y", a.Y, 0, windows)
}

package backend

// Windows cuts images into windows of Side x Side pixels; windows that reach beyond the image are filled with zeros. With
// rows x cols = ceil(H/Side) x ceil(W/Side), y = r*Side+i and x = c*Side+j is pixel (i, j) of window (r, c):
//
//	Y[((b*rows + r)*cols + c), i*Side+j, :] (+)= X[b,y,x,:] inside the image, 0 elsewhere
//
// With Inverse, it assembles the windows to images again, which is also the adjoint:
//
//	Y[b,y,x,:] (+)= X[((b*rows + r)*cols + c), i*Side+j, :]
type Windows struct {
	X, Y       Buffer
	B, H, W, C int // of the images
	Side       int
	Inverse    bool
	Accumulate bool
}

// Across returns the number of rows and columns of windows in an image.
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

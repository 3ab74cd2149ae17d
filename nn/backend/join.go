package backend

// Join places matrices of Outer rows side by side:
//
//	Y[o, at(i)+j] = X[i][o,j]       for j < Widths[i], where at(i) = Widths[0] + .. + Widths[i-1]
type Join struct {
	X      []Buffer
	Widths []int
	Y      Buffer
	Outer  int
}

// Width returns the width of Y.
func (a Join) Width() (sum int) {
	for _, w := range a.Widths {
		sum += w
	}
	return sum
}

// Check panics unless a keeps the contract.
func (a Join) Check() {
	const op = "Join"
	positive(op, "Outer, Widths", append([]int{a.Outer}, a.Widths...)...)
	check(len(a.X) == len(a.Widths) && len(a.X) > 0, op, "got %d matrices and %d widths, want equally many, at least one", len(a.X), len(a.Widths))
	for i, x := range a.X {
		holds(op, "X", x, 0, a.Outer*a.Widths[i])
	}
	holds(op, "Y", a.Y, 0, a.Outer*a.Width())
}

// Copies returns the same operation as one Copy per matrix.
func (a Join) Copies() []Copy {
	out, at, width := make([]Copy, len(a.X)), 0, a.Width()
	for i, w := range a.Widths {
		out[i] = Copy{X: a.X[i], Y: a.Y, YOff: at, Dims: [5]int{1, 1, 1, a.Outer, w},
			XStride: [5]int{0, 0, 0, w, 1}, YStride: [5]int{0, 0, 0, width, 1}}
		at += w
	}
	return out
}

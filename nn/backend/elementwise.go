package backend

// MapOp is a function of one variable.
type MapOp int

// The functions of Map. P and Q are fields of Map.
const (
	MapAffine  MapOp = iota // P*x + Q
	MapReLU                 // max(x, 0), but NaN for NaN
	MapGELU                 // as the activation GELU
	MapSigmoid              // 1 / (1 + exp(-x))
	MapGreater              // 1 if x > P, else 0
)

// Map computes Y[i] (+)= f(X[i]) for i < N. Without Accumulate, X and Y may be the same buffer (in place).
type Map struct {
	Op         MapOp
	X, Y       Buffer
	N          int
	P, Q       float32
	Accumulate bool
}

// Check panics unless a keeps the contract.
func (a Map) Check() {
	const op = "Map"
	positive(op, "N", a.N)
	check(a.Op >= MapAffine && a.Op <= MapGreater, op, "got function %d, want one of the MapOps", a.Op)
	holds(op, "X", a.X, 0, a.N)
	holds(op, "Y", a.Y, 0, a.N)
}

// MapBackward computes DX[i] += DY[i] * f'(X[i]) for MapReLU (whose derivative at 0 is taken as 0), MapGELU and MapSigmoid. With
// Overwrite, it overwrites DX, whatever it held.
type MapBackward struct {
	Op        MapOp
	X, DY, DX Buffer
	N         int
	Overwrite bool
}

// Check panics unless a keeps the contract.
func (a MapBackward) Check() {
	const op = "MapBackward"
	positive(op, "N", a.N)
	check(a.Op >= MapReLU && a.Op <= MapSigmoid, op, "got function %d, want MapReLU, MapGELU or MapSigmoid", a.Op)
	holds(op, "X", a.X, 0, a.N)
	holds(op, "DY", a.DY, 0, a.N)
	holds(op, "DX", a.DX, 0, a.N)
}

// ZipOp is a function of two variables.
type ZipOp int

// The functions of Zip. P and Q are fields of Zip.
const (
	ZipAdd ZipOp = iota // P*x + Q*y
	ZipMul              // P*x*y
)

// Zip combines two arrays element by element, with broadcasting: for all indices i within Dims,
//
//	Z[i0,i1,i2] (+)= f(X[XOff + i.XStride], Y[YOff + i.YStride])
//
// Z is contiguous and row-major. A stride of 0 repeats an operand along an axis. X and Z may be the same buffer (in place) if X is
// read contiguously from word 0 on and Accumulate is not set.
type Zip struct {
	Op               ZipOp
	X, Y, Z          Buffer
	XOff, YOff       int
	Dims             [3]int
	XStride, YStride [3]int
	P, Q             float32
	Accumulate       bool
}

// Check panics unless a keeps the contract.
func (a Zip) Check() {
	const op = "Zip"
	positive(op, "Dims", a.Dims[:]...)
	check(a.Op == ZipAdd || a.Op == ZipMul, op, "got function %d, want ZipAdd or ZipMul", a.Op)
	reaches(op, "X", a.X, a.XOff, a.Dims[:], a.XStride[:])
	reaches(op, "Y", a.Y, a.YOff, a.Dims[:], a.YStride[:])
	holds(op, "Z", a.Z, 0, a.Dims[0]*a.Dims[1]*a.Dims[2])
}

// Copy copies a strided block: for all indices i within Dims,
//
//	Y[YOff + i.YStride] (+)= X[XOff + i.XStride]
//
// No two i may write the same word. Unused leading dimensions are 1. Slices, permutations, windows and their adjoints are copies.
type Copy struct {
	X, Y             Buffer
	XOff, YOff       int
	Dims             [5]int
	XStride, YStride [5]int
	Accumulate       bool
}

// Check panics unless a keeps the contract.
func (a Copy) Check() {
	const op = "Copy"
	positive(op, "Dims", a.Dims[:]...)
	reaches(op, "X", a.X, a.XOff, a.Dims[:], a.XStride[:])
	reaches(op, "Y", a.Y, a.YOff, a.Dims[:], a.YStride[:])
}

// Fill sets words Off..Off+N of X to Value.
type Fill struct {
	X      Buffer
	Off, N int
	Value  float32
}

// Check panics unless a keeps the contract.
func (a Fill) Check() {
	const op = "Fill"
	positive(op, "N", a.N)
	holds(op, "X", a.X, a.Off, a.N)
}

// Sum sums X [Outer,N,Inner] over the middle axis: Y[o,i] (+)= P * sum_n X[o,n,i].
type Sum struct {
	X, Y            Buffer
	Outer, N, Inner int
	P               float32
	Accumulate      bool
}

// Check panics unless a keeps the contract.
func (a Sum) Check() {
	const op = "Sum"
	positive(op, "Outer, N, Inner", a.Outer, a.N, a.Inner)
	holds(op, "X", a.X, 0, a.Outer*a.N*a.Inner)
	holds(op, "Y", a.Y, 0, a.Outer*a.Inner)
}

// Dot adds P * sum_i X[i]*Y[i] to Z[0]. X and Y may be the same buffer. The CPU sums in float64, GPUs in a tree of float32 sums.
type Dot struct {
	X, Y, Z Buffer
	N       int
	P       float32
}

// Check panics unless a keeps the contract.
func (a Dot) Check() {
	const op = "Dot"
	positive(op, "N", a.N)
	holds(op, "X", a.X, 0, a.N)
	holds(op, "Y", a.Y, 0, a.N)
	holds(op, "Z", a.Z, 0, 1)
}

// Dropout zeroes elements at random, in groups of Group consecutive elements (1 for dropout, a whole sample for drop path), and
// scales the others. For 0 <= Rate < 1:
//
//	keep(i) = Hash(Seed, i/Group) >= Rate * 2^32;  Y[i] (+)= keep(i) ? X[i]/(1-Rate) : 0
//
// The mask is the same on every device. It depends on nothing but Seed, so the backward pass is the same kernel on the gradient.
type Dropout struct {
	X, Y       Buffer
	N, Group   int
	Rate       float32
	Seed       uint32
	Accumulate bool
}

// Check panics unless a keeps the contract.
func (a Dropout) Check() {
	const op = "Dropout"
	positive(op, "N, Group", a.N, a.Group)
	check(a.Rate >= 0 && a.Rate < 1, op, "got Rate %g, want 0 <= Rate < 1", a.Rate)
	holds(op, "X", a.X, 0, a.N)
	holds(op, "Y", a.Y, 0, a.N)
}

package backend

// Activation is a function that is applied to every element.
type Activation int

// The activations. MatMul can apply all but Sigmoid to its result; Map has a MapOp for each.
const (
	Identity Activation = iota
	ReLU                // max(x, 0)
	GELU                // x * (1 + erf(x/sqrt(2))) / 2, not the tanh approximation
	Sigmoid             // 1 / (1 + exp(-x))
)

// MatMul is a batched product of row-major matrices, followed by an epilogue:
//
//	C[b] = act(op(A[b]) . op(B[b]) + Bias[b]) + Residual[b]      (or C[b] += ... with Accumulate)
//
// op(A) is M x K, stored as [M,K] or, with TransA, as [K,M]. op(B) is K x N, stored as [K,N] or, with TransB, as [N,K]. Item b of X
// begins at word b*StrideX; with a stride of 0, all items share the matrix (StrideC may be 0 only if Batch is 1). Residual has the
// layout and stride of C and may be C itself (in place).
type MatMul struct {
	A, B, C                   Buffer
	M, N, K                   int
	TransA, TransB            bool
	Batch                     int
	StrideA, StrideB, StrideC int

	Bias       Buffer // [N] for all items, [Batch,N] if StrideBias is not 0, or nil
	StrideBias int
	Act        Activation
	Residual   Buffer // laid out like C, or nil
	Accumulate bool   // not together with Residual

	// Turn is applied to C last. It needs a Batch of 1, and excludes Act, Residual and Accumulate.
	Turn Rotation
}

// Rotation applies RoPE to the first Columns columns of a matrix, in groups of Width columns: row r of each group is token r mod N,
// whose channels are rotated as in RoPE. If Columns is 0, nothing is rotated.
type Rotation struct {
	Table           Buffer // [Period, Width/2, 2]
	Columns, Width  int    // Width is even and divides Columns
	N               int    // tokens per item
	Rotated, Period int    // as in RoPE
}

func (t Rotation) check(op string, a MatMul) {
	if t.Columns == 0 {
		return
	}
	positive(op, "Columns, Width, N, Period of Turn", t.Columns, t.Width, t.N, t.Period)
	check(t.Width%2 == 0 && t.Columns%t.Width == 0 && t.Columns <= a.N, op,
		"got %d Columns of Width %d to rotate, want a multiple of an even width, at most N = %d", t.Columns, t.Width, a.N)
	check(t.Rotated >= 0 && t.Rotated <= t.N, op, "got Rotated %d, want 0..%d", t.Rotated, t.N)
	check(a.Batch == 1 && a.Act == Identity && a.Residual == nil && !a.Accumulate, op,
		"got Turn with a batch, activation, residual or Accumulate, want none of them")
	holds(op, "Turn.Table", t.Table, 0, t.Period*t.Width)
}

// Check panics unless a keeps the contract.
func (a MatMul) Check() {
	const op = "MatMul"
	positive(op, "M, N, K, Batch", a.M, a.N, a.K, a.Batch)
	check(a.StrideA >= 0 && a.StrideB >= 0 && a.StrideC >= 0, op,
		"got strides %d, %d, %d, want none negative", a.StrideA, a.StrideB, a.StrideC)
	check(a.Batch == 1 || a.StrideC >= a.M*a.N, op, "got StrideC %d, want at least M*N = %d", a.StrideC, a.M*a.N)
	check(!a.Accumulate || a.Residual == nil, op, "got Accumulate and Residual, want one of them")
	check(a.Act >= Identity && a.Act <= GELU, op, "got activation %d, want Identity, ReLU or GELU", a.Act)
	last := a.Batch - 1
	holds(op, "A", a.A, 0, last*a.StrideA+a.M*a.K)
	holds(op, "B", a.B, 0, last*a.StrideB+a.K*a.N)
	holds(op, "C", a.C, 0, last*a.StrideC+a.M*a.N)
	check(a.StrideBias >= 0, op, "got StrideBias %d, want 0 or more", a.StrideBias)
	mayHold(op, "Bias", a.Bias, last*a.StrideBias+a.N)
	a.Turn.check(op, a)
	mayHold(op, "Residual", a.Residual, last*a.StrideC+a.M*a.N)
}

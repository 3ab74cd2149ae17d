package backend

// LayerNorm normalizes each row to mean 0 and variance 1, then scales and shifts it:
//
//	Y[r,:] = act((X[r,:] - mean) / sqrt(var + Eps) * Gamma + Beta)
//
// var is the biased variance. Act is Identity or GELU. X and Y are [Rows,C] and may be the same buffer (in place).
type LayerNorm struct {
	X, Gamma, Beta, Y Buffer
	Rows, C           int
	Eps               float32
	Act               Activation
}

// Check panics unless a keeps the contract.
func (a LayerNorm) Check() {
	const op = "LayerNorm"
	positive(op, "Rows, C", a.Rows, a.C)
	check(a.Act == Identity || a.Act == GELU, op, "got activation %d, want Identity or GELU", a.Act)
	holds(op, "X", a.X, 0, a.Rows*a.C)
	holds(op, "Gamma", a.Gamma, 0, a.C)
	holds(op, "Beta", a.Beta, 0, a.C)
	holds(op, "Y", a.Y, 0, a.Rows*a.C)
}

// LayerNormBackward adds the gradients of a LayerNorm without activation. Mean and variance are computed again from X. With
// xh = (X - mean)/sqrt(var + Eps) and g = DY*Gamma:
//
//	DX += (g - mean(g) - xh*mean(g*xh)) / sqrt(var + Eps);  DGamma += sum_r DY*xh;  DBeta += sum_r DY
//
// DX may be nil; DGamma and DBeta are both nil, or neither is. With Overwrite, DX is overwritten, whatever it held.
type LayerNormBackward struct {
	X, Gamma, DY      Buffer
	DX, DGamma, DBeta Buffer
	Rows, C           int
	Eps               float32
	Overwrite         bool
}

// Check panics unless a keeps the contract.
func (a LayerNormBackward) Check() {
	const op = "LayerNormBackward"
	positive(op, "Rows, C", a.Rows, a.C)
	check((a.DGamma == nil) == (a.DBeta == nil), op, "got one of DGamma and DBeta, want both or none")
	holds(op, "X", a.X, 0, a.Rows*a.C)
	holds(op, "Gamma", a.Gamma, 0, a.C)
	holds(op, "DY", a.DY, 0, a.Rows*a.C)
	mayHold(op, "DX", a.DX, a.Rows*a.C)
	mayHold(op, "DGamma", a.DGamma, a.C)
	mayHold(op, "DBeta", a.DBeta, a.C)
}

// RoPE is rotary position encoding (Su et al., RoFormer, arXiv 2104.09864): it rotates each pair of adjacent channels by an angle
// that depends on the token's position. For tokens n < Rotated, with (cos, sin) = Table[n mod Period, p],
//
//	Y[b,n,2p] = X[b,n,2p]*cos - X[b,n,2p+1]*sin;  Y[b,n,2p+1] = X[b,n,2p]*sin + X[b,n,2p+1]*cos
//
// The other tokens are copied. Inverse rotates by the negative angles, which is the backward pass. Without Accumulate, X and Y may
// be the same buffer (in place).
type RoPE struct {
	X, Y       Buffer // [B,N,C], C even
	Table      Buffer // [Period, C/2, 2]
	B, N, C    int
	Rotated    int // 0..N
	Period     int
	Inverse    bool
	Accumulate bool
}

// Check panics unless a keeps the contract.
func (a RoPE) Check() {
	const op = "RoPE"
	positive(op, "B, N, C, Period", a.B, a.N, a.C, a.Period)
	check(a.C%2 == 0, op, "got C = %d, want an even number", a.C)
	check(a.Rotated >= 0 && a.Rotated <= a.N, op, "got Rotated %d, want 0..%d", a.Rotated, a.N)
	holds(op, "X", a.X, 0, a.B*a.N*a.C)
	holds(op, "Y", a.Y, 0, a.B*a.N*a.C)
	holds(op, "Table", a.Table, 0, a.Period*a.C)
}

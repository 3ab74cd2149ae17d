package backend

// LayerNorm normalises each row to mean 0 and variance 1 (biased, plus Eps), then scales and shifts:
//
//	Y[r,:] = (X[r,:] - mean) / sqrt(var + Eps) * Gamma + Beta
//
// X and Y are [Rows,C] and may be the same buffer (in place).
type LayerNorm struct {
	X, Gamma, Beta, Y Buffer
	Rows, C           int
	Eps               float32
}

// LayerNormBackward adds the gradients of a LayerNorm; mean and variance are computed again from X.
// With xh = (X - mean)/sqrt(var + Eps) and g = DY*Gamma:
//
//	DX += (g - mean(g) - xh*mean(g*xh)) / sqrt(var + Eps);  DGamma += sum_r DY*xh;  DBeta += sum_r DY
//
// DX may be nil; DGamma and DBeta are both nil or both not.
type LayerNormBackward struct {
	X, Gamma, DY      Buffer
	DX, DGamma, DBeta Buffer
	Rows, C           int
	Eps               float32
}

// RoPE rotates adjacent channel pairs by the angle of the token's place (axial rotary encoding):
// for n < Rotated, with (cos, sin) = Table[n mod Period, p],
//
//	Y[b,n,2p] = X[b,n,2p]*cos - X[b,n,2p+1]*sin;  Y[b,n,2p+1] = X[b,n,2p]*sin + X[b,n,2p+1]*cos
//
// Tokens n >= Rotated are copied. Inverse turns the other way (sin negated), which is the backward
// pass. X and Y may be the same buffer (in place), but not with Accumulate.
type RoPE struct {
	X, Y       Buffer // [B,N,C], C even
	Table      Buffer // [Period, C/2, 2]
	B, N, C    int
	Rotated    int // 0..N
	Period     int
	Inverse    bool
	Accumulate bool
}

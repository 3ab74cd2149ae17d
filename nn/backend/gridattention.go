package backend

// GridAttention is Attention of one head to the frames of a Side x Side grid and Pointers tokens behind them, whose
// keys need not be formed. With j = t*Side*Side + y*Side + x for frame t, and j >= Frames*Side*Side for the pointers:
//
//	k[b,j,:] = rotate(Table[y*Side+x], Memory[b,j,:] W + Bias)    for the frames
//	k[b,j,:] = K[b,j-Frames*Side*Side,:]                          for the pointers
//	S[i,j] = Scale * sum_d Q[b,i,d] * k[b,j,d];  O[b,i,:] = sum_j softmax_j(S[i,:])[j] * V[b,j,:]
//
// Q, rotated already, and K are D wide, Memory M, V and O Dv. The table must be axial: the angles of the first D/4 pairs
// depend on x alone, those of the others on y alone.
type GridAttention struct {
	Q, Memory, K, V, O     Heads  // K.Buf is nil without pointers
	W, Bias, Table         Buffer // [M,D], [D], [Side*Side,D/2,2]
	B, Nq                  int
	Frames, Side, Pointers int
	M, D, Dv               int
	Scale                  float32
}

// GridAttender is a device that has a form of GridAttention without keys. Others form them and take Attention.
type GridAttender interface {
	// GridAttentionPays says whether GridAttention is faster than forming the keys; it looks at the sizes alone.
	GridAttentionPays(GridAttention) bool
	// GridAttention computes a, whether it pays or not.
	GridAttention(GridAttention)
}

// Places is the number of keys that belong to the frames.
func (a GridAttention) Places() int { return a.Frames * a.Side * a.Side }

// Check panics unless a keeps the contract.
func (a GridAttention) Check() {
	const op = "GridAttention"
	positive(op, "B, Nq, Frames, Side, M, D, Dv", a.B, a.Nq, a.Frames, a.Side, a.M, a.D, a.Dv)
	check(a.D%4 == 0, op, "got D = %d, want a multiple of 4", a.D)
	check(a.Pointers >= 0, op, "got %d Pointers, want 0 or more", a.Pointers)
	check(a.B == 1 || a.O.Batch != 0, op, "got O with Batch 0 for %d items, want a place for each", a.B)
	one := Attention{B: a.B, Heads: 1}
	one.reaches(op, "Q", a.Q, a.Nq, a.D)
	one.reaches(op, "Memory", a.Memory, a.Places(), a.M)
	one.reaches(op, "V", a.V, a.Places()+a.Pointers, a.Dv)
	one.reaches(op, "O", a.O, a.Nq, a.Dv)
	if a.Pointers > 0 {
		one.reaches(op, "K", a.K, a.Pointers, a.D)
	}
	holds(op, "W", a.W, 0, a.M*a.D)
	holds(op, "Bias", a.Bias, 0, a.D)
	holds(op, "Table", a.Table, 0, a.Side*a.Side*a.D)
}

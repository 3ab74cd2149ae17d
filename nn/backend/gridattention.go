package backend

// GridAttention is Attention with one head to the pixels of Frames frames, Side x Side each, followed by Pointers tokens, for
// which the keys of the pixels do not have to be computed. Key j = t*Side*Side + y*Side + x belongs to pixel (x, y) of frame t,
// keys from Frames*Side*Side on belong to the pointers:
//
//	k[b,j,:] = rotate(Table[y*Side+x], Memory[b,j,:] W + Bias)    of pixels
//	k[b,j,:] = K[b,j-Frames*Side*Side,:]                          of pointers
//	S[i,j] = Scale * sum_d Q[b,i,d] * k[b,j,d];  O[b,i,:] = sum_j softmax_j(S[i,:])[j] * V[b,j,:]
//
// The queries are already rotated. The table must be axial: the angles of the first D/4 channel pairs depend on x alone, those of
// the others on y alone.
type GridAttention struct {
	Q, Memory, K, V, O     Heads  // of width D, M, D, Dv, Dv; K.Buf is nil without pointers
	W, Bias, Table         Buffer // [M,D], [D], [Side*Side,D/2,2]
	B, Nq                  int    // items, queries per item
	Frames, Side, Pointers int
	M, D, Dv               int
	Scale                  float32
}

// GridAttender is implemented by devices that can compute GridAttention without the keys. For other devices, the caller computes
// the keys and calls Attention.
type GridAttender interface {
	// GridAttentionPays reports whether GridAttention is faster than computing the keys. It depends on sizes only.
	GridAttentionPays(GridAttention) bool
	// GridAttention computes it, whether or not it pays.
	GridAttention(GridAttention)
}

// Places is the number of keys that belong to pixels.
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

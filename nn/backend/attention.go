package backend

// Heads locates the queries, keys, values or outputs of an attention in a buffer: channel d of head h of token n of item b is word
// Off + b*Batch + n*Row + h*width + d, where width is D (for Q and K) or Dv (for V and O). With a Batch of 0, all items share the
// same tokens. A packed tensor qkv [B,N,3*Heads*D], for example, is three Heads with Off 0, Heads*D and 2*Heads*D, and a Row of
// 3*Heads*D.
type Heads struct {
	Buf             Buffer
	Off, Batch, Row int
}

// Attention is softmax attention over all keys, without a mask (Vaswani et al., arXiv 1706.03762). For each item b and head h:
//
//	S[i,j] = Scale * sum_d Q[b,i,h,d] * K[b,j,h,d]
//	O[b,i,h,:] = sum_j softmax_j(S[i,:])[j] * V[b,j,h,:]
//
// LSE, unless it is nil, receives log(sum_j exp(S[i,j])) as [B,Heads,Nq], for the backward pass. The last key counts Repeats
// times (0 also means once), as if it were there that many times: log(Repeats) is added to S[i,Nk-1]. Dv may differ from D.
// Implementations should not store all scores [Nq,Nk] at once.
type Attention struct {
	Q, K, V, O       Heads
	LSE              Buffer
	B, Heads, Nq, Nk int
	D, Dv            int
	Scale            float32
	Repeats          int // above 1 only if the device is a KeyRepeater
}

// KeyRepeater is implemented by devices whose attention supports Repeats.
type KeyRepeater interface{ RepeatsKeys() bool }

// Check panics unless a keeps the contract.
func (a Attention) Check() { a.check("Attention") }

func (a Attention) check(op string) {
	positive(op, "B, Heads, Nq, Nk, D, Dv", a.B, a.Heads, a.Nq, a.Nk, a.D, a.Dv)
	check(a.B == 1 || a.O.Batch != 0, op, "got O with Batch 0 for %d items, want a place for each", a.B)
	check(a.Repeats >= 0, op, "got %d Repeats, want 0 or more", a.Repeats)
	a.reaches(op, "Q", a.Q, a.Nq, a.D)
	a.reaches(op, "K", a.K, a.Nk, a.D)
	a.reaches(op, "V", a.V, a.Nk, a.Dv)
	a.reaches(op, "O", a.O, a.Nq, a.Dv)
	mayHold(op, "LSE", a.LSE, a.B*a.Heads*a.Nq)
}

// reaches requires the tokens of t, whose heads have the given width, to lie in its buffer.
func (a Attention) reaches(op, arg string, t Heads, tokens, width int) {
	reaches(op, arg, t.Buf, t.Off, []int{a.B, tokens, a.Heads * width}, []int{t.Batch, t.Row, 1})
}

// AttentionBackward adds the gradients of an Attention to DQ, DK and DV, which are located like Q, K and V. Where the batch shares
// tokens (Batch 0), they receive the sum over the batch.
//
//	P = exp(S - LSE);  dV += P^T dO;  dP = dO V^T;  dS = P * (dP - rowsum(dO * O));
//	dQ += Scale * dS K;  dK += Scale * dS^T Q
//
// Attention.O and Attention.LSE hold the results of the forward pass. DO is located like O.
type AttentionBackward struct {
	Attention
	DO, DQ, DK, DV Heads
}

// Check panics unless a keeps the contract.
func (a AttentionBackward) Check() {
	const op = "AttentionBackward"
	check(a.LSE != nil, op, "got nil for LSE, want the one of the forward pass")
	a.Attention.check(op)
	a.reaches(op, "DO", a.DO, a.Nq, a.Dv)
	a.reaches(op, "DQ", a.DQ, a.Nq, a.D)
	a.reaches(op, "DK", a.DK, a.Nk, a.D)
	a.reaches(op, "DV", a.DV, a.Nk, a.Dv)
}

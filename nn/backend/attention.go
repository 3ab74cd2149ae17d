package backend

// Heads locates a matrix of per-token heads in a buffer: element (b, n, h, d) is word
// Off + b*Batch + n*Row + h*width + d, where width is the head width D (Q, K) or Dv (V, O).
// A Batch of 0 shares the tokens among all items. A packed qkv tensor [B,N,3*h*D] is thus
// three Heads with Off 0, h*D and 2*h*D and one Row of 3*h*D.
type Heads struct {
	Buf             Buffer
	Off, Batch, Row int
}

// Attention is softmax attention over all keys, without mask:
//
//	S[i,j] = Scale * sum_d Q[b,i,h,d] * K[b,j,h,d]
//	O[b,i,h,:] = sum_j softmax_j(S[i,:])[j] * V[b,j,h,:]
//
// LSE, unless nil, receives log(sum_j exp(S[i,j])) as [B,Heads,Nq] for the backward pass.
// The last key counts Repeats times (0: once), as if there were so many of it: log(Repeats) is added to S[i,Nk-1].
// Dv may differ from D. No score matrix of size Nq x Nk may live longer than a tile needs.
type Attention struct {
	Q, K, V, O       Heads
	LSE              Buffer
	B, Heads, Nq, Nk int
	D, Dv            int
	Scale            float32
	Repeats          int // 0 or 1 unless the device is a KeyRepeater
}

// KeyRepeater is a device whose attention follows Repeats. The others are never asked to.
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

// reaches demands that the tokens of t, heads of the given width, lie in its buffer.
func (a Attention) reaches(op, arg string, t Heads, tokens, width int) {
	reaches(op, arg, t.Buf, t.Off, []int{a.B, tokens, a.Heads * width}, []int{t.Batch, t.Row, 1})
}

// AttentionBackward adds the gradients of an Attention to DQ, DK, DV (located like Q, K, V; a
// shared item, Batch 0, receives the sum over the batch):
//
//	P = exp(S - LSE);  dV += P^T dO;  dP = dO V^T;  dS = P * (dP - rowsum(dO * O));
//	dQ += Scale * dS K;  dK += Scale * dS^T Q
//
// Attention.O and LSE hold the results of the forward pass; DO is located like O.
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

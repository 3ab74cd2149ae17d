package backend

// MaskLossTerms is the number of sums that MaskLoss computes per mask.
const MaskLossTerms = 6

// MaskLoss computes, for each of B masks of P pixels, the sums from which the focal loss, the Dice loss and the actual IoU can be
// computed. For a logit x with truth t (0 or 1), let p = sigmoid(x):
//
//	Out[b,0] = sum focal(x,t)        focal = a_t * (1-p_t)^2 * BCE(x,t), p_t = p*t + (1-p)*(1-t),
//	                                 a_t = Alpha*t + (1-Alpha)*(1-t)  (Lin et al., arXiv 1708.02002, gamma = 2)
//	Out[b,1] = sum p*t     Out[b,2] = sum p     Out[b,3] = sum t
//	Out[b,4] = number of x > 0 and t > 0.5      Out[b,5] = number of x > 0 or t > 0.5
//
// Mask b is compared with truth b/Repeat, so that several candidate masks can share one truth.
type MaskLoss struct {
	X      Buffer // [B,P] logits
	T      Buffer // [B/Repeat,P]
	Out    Buffer // [B,MaskLossTerms]
	B, P   int
	Repeat int
	Alpha  float32
}

// Check panics unless a keeps the contract.
func (a MaskLoss) Check() {
	const op = "MaskLoss"
	checkMasks(op, a.X, a.T, a.B, a.P, a.Repeat)
	holds(op, "Out", a.Out, 0, a.B*MaskLossTerms)
}

// checkMasks checks what both kernels have in common.
func checkMasks(op string, x, truth Buffer, b, p, repeat int) {
	positive(op, "B, P, Repeat", b, p, repeat)
	check(b%repeat == 0, op, "got %d masks, want a multiple of Repeat = %d", b, repeat)
	holds(op, "X", x, 0, b*p)
	holds(op, "T", truth, 0, b/repeat*p)
}

// MaskLossBackward adds to DX the gradient of a loss whose derivatives with respect to Out[b,0], Out[b,1] and Out[b,2] are G[b,:].
type MaskLossBackward struct {
	X, T   Buffer
	G      Buffer // [B,3]
	DX     Buffer // [B,P]
	B, P   int
	Repeat int
	Alpha  float32
}

// Check panics unless a keeps the contract.
func (a MaskLossBackward) Check() {
	const op = "MaskLossBackward"
	checkMasks(op, a.X, a.T, a.B, a.P, a.Repeat)
	holds(op, "G", a.G, 0, a.B*3)
	holds(op, "DX", a.DX, 0, a.B*a.P)
}

// AdamW is one step of Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101) for N parameters:
//
//	g = GradScale*G;  Param *= 1 - LR*WeightDecay
//	M = Beta1*M + (1-Beta1)*g;  V = Beta2*V + (1-Beta2)*g*g
//	Param -= LR/(1-Beta1^Step) * M / (sqrt(V/(1-Beta2^Step)) + Eps)
//
// The caller computes 1-Beta1^Step and 1-Beta2^Step in float64, as Correction1 and Correction2.
type AdamW struct {
	Param, G, M, V           Buffer
	N                        int
	LR, Beta1, Beta2, Eps    float32
	WeightDecay, GradScale   float32
	Correction1, Correction2 float32
}

// Check panics unless a keeps the contract.
func (a AdamW) Check() {
	const op = "AdamW"
	positive(op, "N", a.N)
	holds(op, "Param", a.Param, 0, a.N)
	holds(op, "G", a.G, 0, a.N)
	holds(op, "M", a.M, 0, a.N)
	holds(op, "V", a.V, 0, a.N)
}

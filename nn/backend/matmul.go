package backend

// Activation is a function applied to every element.
type Activation int

// The activations that a MatMul can apply in its epilogue, and Map by itself.
const (
	Identity Activation = iota
	ReLU                // max(x, 0)
	GELU                // x * (1 + erf(x/sqrt(2))) / 2, the exact one
	Sigmoid             // 1 / (1 + exp(-x)); not in MatMul
)

// MatMul is a batched product of row-major matrices with an epilogue:
//
//	C[b] = act(op(A[b]) . op(B[b]) + Bias) + Residual[b]      (or C[b] += ... with Accumulate)
//
// op(A) is M x K, stored [M,K] or, with TransA, [K,M]; op(B) is K x N, stored [K,N] or, with TransB,
// [N,K]. Batch >= 1; item b starts at b*StrideX words; a stride of 0 shares the matrix among all items
// (StrideC is 0 only when Batch is 1). Residual has C's layout and stride and may be C itself (in place).
type MatMul struct {
	A, B, C                   Buffer
	M, N, K                   int
	TransA, TransB            bool
	Batch                     int
	StrideA, StrideB, StrideC int

	Bias       Buffer // [N] or nil
	Act        Activation
	Residual   Buffer // like C, or nil
	Accumulate bool   // not together with Residual
}

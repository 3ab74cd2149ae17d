package simd

import "fmt"

// Kernels is a set of inner loops for an instruction set. All functions panic if a slice is too short.
type Kernels struct {
	// Name is that of the instruction set, for people: "AVX-512", "AVX2", "Go".
	Name string

	// MR x NR is the size of the register tile of products: MR rows of A, NR columns of B. NR is also the width of a panel of
	// scores.
	MR, NR int

	// Fold is the number of steps of K in a word of the panels that Tile reads: 1, or 2 if products round their operands to
	// bfloat16.
	Fold int

	tile          func(k int, a, b, c []float32, ldc int, from []float32, ldf int)
	tileInPlace   func(k int, a []float32, row, step int, b []float32, ldb int, c []float32, ldc int, from []float32, ldf int)
	pack4         func(n int, src []float32, ld int, dst []float32, step int)
	copyA, copyB  func(n int, src []float32, ld int, dst []float32)
	add, mul      func(dst, x, y []float32)
	relu, gelu    func(dst, x []float32)
	geluGradient  func(dst, x, y []float32)
	pairing       pairing
	sums          sums
	norms         norms
	addRows       func(rows int, dst, x []float32, ldx int)
	addRuns       func(n, width int, dst []float32, ldd int, src []float32, lds int)
	depthwise     depthwise
	rotations     rotations
	slopes        slopes
	pools         pools
	maskLosses    maskLosses
	adamw         func(param, grad, m, v, c []float32)
	exp, sigmoid  func(dst, x []float32)
	softmax       func(n int, s, max, sum, alpha []float32)
	probability   func(n int, s, lse []float32)
	scoreGradient func(n int, p, dp, delta []float32)
	scaleLanes    func(n int, o, alpha []float32)
	axial         axial
	fields        fields
}

// Tile computes an MR x NR tile of a product, C = A B or, with add, C += A B:
//
//	C[i*ldc+j] (+)= sum_k a[k*MR+i] * b[k*NR+j]
//
// a [k][MR] and b [k][NR] are packed panels, k >= 1. The sum is in the order of k. With Fold 2, a word holds two steps, and k
// counts words.
func (f *Kernels) Tile(k int, a, b, c []float32, ldc int, add bool) {
	from, ldf := start(c, ldc, add)
	f.TileFrom(k, a, b, c, ldc, from, ldf)
}

// start returns what the sums of a tile begin with: c with add, otherwise nothing.
func start(c []float32, ldc int, add bool) (from []float32, ldf int) {
	if !add {
		return nil, 0
	}
	return c, ldc
}

// TileFrom is Tile for sums that begin with rows of from, ldf words apart, or with 0 if from is nil:
//
//	C[i*ldc+j] = from[i*ldf+j] + sum_k a[k*MR+i] * b[k*NR+j]
//
// An ldf of 0 repeats a row, such as a bias. from may be c, with ldf = ldc.
func (f *Kernels) TileFrom(k int, a, b, c []float32, ldc int, from []float32, ldf int) {
	if k < 1 || ldc < f.NR || len(a) < k*f.MR || len(b) < k*f.NR || len(c) < (f.MR-1)*ldc+f.NR || f.shortStart(from, ldf) {
		panic(fmt.Sprintf("simd.Tile: got k %d, ldc %d, %d words of a, %d of b, %d of c, %d to begin with (stride %d) for a tile of %d x %d",
			k, ldc, len(a), len(b), len(c), len(from), ldf, f.MR, f.NR))
	}
	f.tile(k, a, b, c, ldc, from, ldf)
}

// shortStart reports whether from is too short for a tile.
func (f *Kernels) shortStart(from []float32, ldf int) bool {
	return from != nil && (ldf < 0 || len(from) < (f.MR-1)*ldf+f.NR)
}

// TileInPlace is Tile for operands that are not packed but lie in their matrices. It requires Fold 1:
//
//	C[i*ldc+j] (+)= sum_k a[i*row+k*step] * b[k*ldb+j]
func (f *Kernels) TileInPlace(k int, a []float32, row, step int, b []float32, ldb int, c []float32, ldc int, add bool) {
	from, ldf := start(c, ldc, add)
	f.TileInPlaceFrom(k, a, row, step, b, ldb, c, ldc, from, ldf)
}

// TileInPlaceFrom is to TileInPlace what TileFrom is to Tile.
func (f *Kernels) TileInPlaceFrom(k int, a []float32, row, step int, b []float32, ldb int, c []float32, ldc int, from []float32, ldf int) {
	if k < 1 || row < 1 || step < 1 || ldb < f.NR || ldc < f.NR || len(a) < (f.MR-1)*row+(k-1)*step+1 || len(b) < (k-1)*ldb+f.NR ||
		len(c) < (f.MR-1)*ldc+f.NR || f.shortStart(from, ldf) {
		panic(fmt.Sprintf("simd.TileInPlace: got k %d, strides %d, %d, %d, %d, %d words of a, %d of b, %d of c, %d to begin with (stride %d) for a tile of %d x %d",
			k, row, step, ldb, ldc, len(a), len(b), len(c), len(from), ldf, f.MR, f.NR))
	}
	f.tileInPlace(k, a, row, step, b, ldb, c, ldc, from, ldf)
}

// Pack4 transposes four rows of n words: dst[i*step+r] = src[r*ld+i] for r < 4, i < n. step >= 4.
func (f *Kernels) Pack4(n int, src []float32, ld int, dst []float32, step int) {
	if n < 1 || step < 4 || ld < 0 || len(src) < 3*ld+n || len(dst) < (n-1)*step+4 {
		panic(fmt.Sprintf("simd.Pack4: got %d words to transpose from 4 rows (stride %d) of %d words to %d (stride %d)",
			n, ld, len(src), len(dst), step))
	}
	f.pack4(n, src, ld, dst, step)
}

// CopyA copies n rows of MR words: dst[i*MR+j] = src[i*ld+j], j < MR. n >= 1.
func (f *Kernels) CopyA(n int, src []float32, ld int, dst []float32) {
	checkCopy("CopyA", n, f.MR, src, ld, dst)
	f.copyA(n, src, ld, dst)
}

// CopyB copies n rows of NR words: dst[i*NR+j] = src[i*ld+j], j < NR. n >= 1.
func (f *Kernels) CopyB(n int, src []float32, ld int, dst []float32) {
	checkCopy("CopyB", n, f.NR, src, ld, dst)
	f.copyB(n, src, ld, dst)
}

func checkCopy(name string, n, width int, src []float32, ld int, dst []float32) {
	if n < 1 || ld < 0 || len(src) < (n-1)*ld+width || len(dst) < n*width {
		panic(fmt.Sprintf("simd.%s: got %d rows of %d words (stride %d) in %d words to copy to %d",
			name, n, width, ld, len(src), len(dst)))
	}
}

// Add sets dst[i] = x[i] + y[i]. dst may be x or y.
func (f *Kernels) Add(dst, x, y []float32) { f.add(dst, x[:len(dst)], y[:len(dst)]) }

// Mul sets dst[i] = x[i] * y[i]. dst may be x or y.
func (f *Kernels) Mul(dst, x, y []float32) { f.mul(dst, x[:len(dst)], y[:len(dst)]) }

// ReLU sets dst[i] = max(x[i], 0). dst may be x. NaN stays NaN.
func (f *Kernels) ReLU(dst, x []float32) { f.relu(dst, x[:len(dst)]) }

// GELU sets dst[i] = x[i] * (1 + erf(x[i]/sqrt(2))) / 2, with an absolute error below 1e-6, and for |x| < 1/2 also a relative
// error below 1e-6. dst may be x. NaN stays NaN; -Inf gives NaN.
func (f *Kernels) GELU(dst, x []float32) { f.gelu(dst, x[:len(dst)]) }

// GELUGradient sets dst[i] = y[i] * gelu'(x[i]), where the absolute error of gelu' is below 1e-6. dst may be x or y.
func (f *Kernels) GELUGradient(dst, x, y []float32) { f.geluGradient(dst, x[:len(dst)], y[:len(dst)]) }

// AdamWFactors are the factors of a step of AdamW, in the order in which the assembly reads them.
type AdamWFactors struct {
	GradScale        float32
	Beta1, Rest1     float32 // Rest1 = 1 - Beta1
	Beta2, Rest2     float32 // Rest2 = 1 - Beta2
	Correction2, Eps float32
	Decay, Step      float32
}

// AdamW takes a step of the optimizer:
//
//	g = GradScale*grad;  m = Beta1*m + Rest1*g;  v = Beta2*v + Rest2*g*g
//	param = Decay*param - Step*m / (sqrt(Correction2*v) + Eps)
func (f *Kernels) AdamW(param, grad, m, v []float32, a AdamWFactors) {
	n := len(param)
	f.adamw(param, grad[:n], m[:n], v[:n], []float32{a.GradScale, a.Beta1, a.Rest1, a.Beta2, a.Rest2, a.Correction2, a.Eps, a.Decay, a.Step})
}

// Exp sets dst[i] = exp(x[i]), with a relative error below 3e-7 unless the result is denormal. dst may be x. NaN stays NaN. The
// result overflows to +Inf above 88.72, and it is 0 below -103.97.
func (f *Kernels) Exp(dst, x []float32) { f.exp(dst, x[:len(dst)]) }

// Sigmoid sets dst[i] = 1 / (1 + exp(-x[i])), with a relative error below 5e-7 for x > -87. dst may be x. NaN stays NaN.
func (f *Kernels) Sigmoid(dst, x []float32) { f.sigmoid(dst, x[:len(dst)]) }

// Softmax is a step of the online softmax (Milakov and Gimelshein, arXiv 1805.02867) for a panel s of scores, [n][NR] =
// [keys][queries], in units of log 2. For each query:
//
//	m = max(max, max_n s[n]);  alpha = 2^(max - m);  s[n] = 2^(s[n] - m);  sum = sum*alpha + sum_n s[n];  max = m
//
// max, sum and alpha have NR words; max starts as -Inf and sum as 0. n >= 1. If a score of a query is NaN or +Inf, or all are
// -Inf, its results are NaN.
func (f *Kernels) Softmax(n int, s, max, sum, alpha []float32) {
	f.checkPanel("Softmax", n, s)
	f.softmax(n, s, max[:f.NR], sum[:f.NR], alpha[:f.NR])
}

// Probability sets s[n] = 2^(s[n] - lse) in a panel s, [n][NR]. n >= 1.
func (f *Kernels) Probability(n int, s, lse []float32) {
	f.checkPanel("Probability", n, s)
	f.probability(n, s, lse[:f.NR])
}

// ScoreGradient sets dp[n] = p[n] * (dp[n] - delta) in panels p and dp, [n][NR]. n >= 1.
func (f *Kernels) ScoreGradient(n int, p, dp, delta []float32) {
	f.checkPanel("ScoreGradient", n, p)
	f.checkPanel("ScoreGradient", n, dp)
	f.scoreGradient(n, p, dp, delta[:f.NR])
}

// ScaleLanes sets o[n] *= alpha in a panel o, [n][NR]. n >= 1.
func (f *Kernels) ScaleLanes(n int, o, alpha []float32) {
	f.checkPanel("ScaleLanes", n, o)
	f.scaleLanes(n, o, alpha[:f.NR])
}

// checkPanel panics unless s has n >= 1 rows of NR words.
func (f *Kernels) checkPanel(name string, n int, s []float32) {
	if n < 1 || len(s) < n*f.NR {
		panic(fmt.Sprintf("simd.%s: got %d rows of %d in %d words", name, n, f.NR, len(s)))
	}
}

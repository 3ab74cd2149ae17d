package simd

import (
	"fmt"
	"math"
)

// For products in bfloat16, a word of a packed panel holds two steps of K: the even step in the low half, the odd one in the high
// half, or 0 if there is none. The panel's type is still []float32, but its words are meaningless except to Tile.

// Words is the number of words that k steps of K take in a packed panel.
func (f *Kernels) Words(k int) int { return (k + f.Fold - 1) / f.Fold }

// Rounds reports whether products round their operands to bfloat16.
func (f *Kernels) Rounds() bool { return f.Fold == 2 }

// pairing holds the functions that pack and round to pairs. n counts pairs.
type pairing struct {
	pair4        func(n int, src []float32, ld int, dst []float32, step int)
	pairA, pairB func(n, columns int, src []float32, ld int, dst []float32)
}

// Pair4 transposes four rows of n words to pairs: dst[i*step+r] = (src[r*ld+2i], src[r*ld+2i+1]) for r < 4, 2i < n. step >= 4.
func (f *Kernels) Pair4(n int, src []float32, ld int, dst []float32, step int) {
	if n < 1 || step < 4 || ld < 0 || len(src) < 3*ld+n || len(dst) < ((n+1)/2-1)*step+4 {
		panic(fmt.Sprintf("simd.Pair4: got %d words to round from 4 rows (stride %d) of %d words to %d (stride %d)",
			n, ld, len(src), len(dst), step))
	}
	if n >= 2 {
		f.pairing.pair4(n/2, src, ld, dst, step)
	}
	if n%2 == 1 {
		for r := range 4 {
			dst[n/2*step+r] = Pair(src[r*ld+n-1], 0)
		}
	}
}

// PairA rounds n rows to panel rows of MR pairs: dst[i*MR+j] = (src[2i*ld+j], src[(2i+1)*ld+j]) for 2i < n, j < columns, 0 for
// columns <= j < MR. n, columns >= 1.
func (f *Kernels) PairA(n, columns int, src []float32, ld int, dst []float32) {
	f.pairColumns(f.pairing.pairA, n, columns, src, ld, dst, f.MR)
}

// PairB is PairA for panels of NR. dst may be src.
func (f *Kernels) PairB(n, columns int, src []float32, ld int, dst []float32) {
	f.pairColumns(f.pairing.pairB, n, columns, src, ld, dst, f.NR)
}

func (f *Kernels) pairColumns(run func(n, columns int, src []float32, ld int, dst []float32), n, columns int, src []float32, ld int,
	dst []float32, width int) {
	if n < 1 || columns < 1 || columns > width || ld < 0 || len(src) < (n-1)*ld+columns || len(dst) < (n+1)/2*width {
		panic(fmt.Sprintf("simd: got %d rows of %d words (stride %d) in %d words to round to %d words of %d pairs",
			n, columns, ld, len(src), len(dst), width))
	}
	if n >= 2 {
		run(n/2, columns, src, ld, dst)
	}
	if n%2 == 1 {
		last, out := src[(n-1)*ld:][:columns], dst[n/2*width:][:width]
		for j, v := range last {
			out[j] = Pair(v, 0)
		}
		clear(out[columns:])
	}
}

// RoundBF16 returns x rounded to the nearest bfloat16, ties to even: 8 bits of precision, with a relative error of at most 2^-8.
// Denormal numbers become 0, as in hardware.
func RoundBF16(x float32) float32 { return math.Float32frombits(bf16(x) << 16) }

// bf16 returns the 16 bits of x rounded to bfloat16.
func bf16(x float32) uint32 {
	const exponent, quiet = 0x7f800000, 0x40
	bits := math.Float32bits(x)
	switch {
	case x != x:
		return bits>>16 | quiet
	case bits&exponent == 0:
		return bits >> 31 << 15
	}
	return (bits + 0x7fff + bits>>16&1) >> 16
}

// Pair returns a word that holds two steps of K.
func Pair(even, odd float32) float32 { return math.Float32frombits(bf16(even) | bf16(odd)<<16) }

// halves undoes Pair.
func halves(x float32) (even, odd float32) {
	bits := math.Float32bits(x)
	return math.Float32frombits(bits << 16), math.Float32frombits(bits &^ 0xffff)
}

// PlainBF16 is Plain with products of operands rounded to bfloat16: the specification of AVX512_BF16.
func PlainBF16() Kernels {
	f := Plain()
	f.Name, f.Fold = "Go bf16", 2
	f.tile, f.tileInPlace = tilePairsPlain, nil
	f.pairing = pairing{pair4Plain, pairColumnsPlain, pairColumnsPlain}
	f.axial = axialPlain(axialPlacePairsPlain)
	return f
}

func tilePairsPlain(k int, a, b, c []float32, ldc int, from []float32, ldf int) {
	for i := range plainRows {
		row := c[i*ldc:][:plainColumns]
		for j := range row {
			var s float32
			for n := range k {
				a0, a1 := halves(a[n*plainRows+i])
				b0, b1 := halves(b[n*plainColumns+j])
				s += a0 * b0
				s += a1 * b1
			}
			if from != nil {
				s += from[i*ldf+j]
			}
			row[j] = s
		}
	}
}

func pair4Plain(n int, src []float32, ld int, dst []float32, step int) {
	for i := range n {
		for r := range 4 {
			dst[i*step+r] = Pair(src[r*ld+2*i], src[r*ld+2*i+1])
		}
	}
}

func pairColumnsPlain(n, columns int, src []float32, ld int, dst []float32) {
	for i := range n { // rows and columns of the tile are equally many
		out := dst[i*plainColumns:][:plainColumns]
		for j := range columns {
			out[j] = Pair(src[2*i*ld+j], src[(2*i+1)*ld+j])
		}
		clear(out[columns:])
	}
}

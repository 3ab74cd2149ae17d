package simd

import "fmt"

// axial holds a kernel for each number of keys at a place, from 1 on.
type axial []func(n, k int, a []float32, next int, b, m, s []float32)

// MaxAxialKeys is the largest number of keys at a place that Axial supports; 0 if it is not implemented.
func (f *Kernels) MaxAxialKeys() int { return len(f.axial) }

// Axial computes scores for a panel of NR queries and the keys at n places x in a row of a grid (nn/cpu/attention_grid.go). At a
// place, the score of a query is linear in the key's k channels; its coefficients, a constant and k factors, are the sum of a
// panel for x and a panel for the row:
//
//	s[(x*keys+t)*NR+q] = a[x*next+q] + b[q] + sum_c (a[x*next+(c+1)*NR+q] + b[(c+1)*NR+q]) * m[(x*k+c)*keys+t]
//
// for c < k and t < keys; n, k >= 1, and 1 <= keys <= MaxAxialKeys. The sum is in the order of c. Kernels that round require an
// even k and pairs of channels in m [n][k/2][keys], and round the sums of a and b, except for the constant.
func (f *Kernels) Axial(n, k, keys int, a []float32, next int, b, m, s []float32) {
	panel := (k + 1) * f.NR
	if n < 1 || k < 1 || keys < 1 || keys > len(f.axial) || k%f.Fold != 0 || next < 0 || len(a) < (n-1)*next+panel || len(b) < panel ||
		len(m) < n*f.Words(k)*keys || len(s) < n*keys*f.NR {
		panic(fmt.Sprintf("simd.Axial: got %d places, %d channels, %d keys, %d words of a (%d apart), %d of b, %d of m, %d of s",
			n, k, keys, len(a), next, len(b), len(m), len(s)))
	}
	f.axial[keys-1](n, f.Words(k), a, next, b, m, s)
}

// plainAxialKeys is MaxAxialKeys of the plain kernels.
const plainAxialKeys = 8

// axialPlain returns the kernels for 1 to plainAxialKeys keys, given a function for a single place.
func axialPlain(place func(k, keys int, a, b, m, s []float32)) axial {
	var all axial
	for keys := 1; keys <= plainAxialKeys; keys++ {
		all = append(all, func(n, k int, a []float32, next int, b, m, s []float32) {
			for x := range n {
				place(k, keys, a[x*next:], b, m[x*k*keys:], s[x*keys*plainColumns:])
			}
		})
	}
	return all
}

func axialPlacePlain(k, keys int, a, b, m, s []float32) {
	for q := range plainColumns {
		var sums [plainAxialKeys]float32
		for t := range keys {
			sums[t] = a[q] + b[q]
		}
		for c := range k {
			i := (c+1)*plainColumns + q
			u := a[i] + b[i]
			for t, v := range m[c*keys:][:keys] {
				sums[t] += u * v
			}
		}
		for t := range keys {
			s[t*plainColumns+q] = sums[t]
		}
	}
}

// axialPlacePairsPlain is axialPlacePlain for k pairs of channels.
func axialPlacePairsPlain(k, keys int, a, b, m, s []float32) {
	for q := range plainColumns {
		for t := range keys {
			sum := a[q] + b[q]
			for c := range k {
				i := (2*c+1)*plainColumns + q
				even, odd := halves(m[c*keys+t])
				sum += RoundBF16(a[i]+b[i]) * even
				sum += RoundBF16(a[i+plainColumns]+b[i+plainColumns]) * odd
			}
			s[t*plainColumns+q] = sum
		}
	}
}

package simd

// quad is the number of channels whose sums the compiler keeps in registers.
const quad = 4

// depthwisePlain returns the inner loops of depthwise convolutions in Go, for width channels, a multiple of four.
func depthwisePlain(width int) depthwise {
	return depthwise{
		row: func(groups, rows int, x []float32, ldx int, weight, y []float32, ldy int, from []float32, ldf int) {
			for p := range groups * DepthwiseGroup {
				for c := 0; c < width; c += quad {
					var s [quad]float32
					if from != nil {
						s = [quad]float32(from[p*ldf+c:])
					}
					for r := range rows {
						s = addProducts(s, DepthwiseTaps, x[r*ldx+p*width+c:], weight[r*DepthwiseTaps*width+c:], width)
					}
					copy(y[p*ldy+c:][:quad], s[:])
				}
			}
		},
		gradient: func(groups, rows int, dweight, x []float32, ldx int, dy []float32, ldy int) {
			for k := range DepthwiseTaps {
				for c := 0; c < width; c += quad {
					out := dweight[k*width+c:][:quad]
					s := [quad]float32(out)
					for r := range rows {
						s = addProducts(s, groups*DepthwiseGroup, x[r*ldx+k*width+c:], dy[r*ldy+c:], width)
					}
					copy(out, s[:])
				}
			}
		},
	}
}

// addProducts returns s[c] + sum_i x[i*ld+c]*y[i*ld+c], i < n.
func addProducts(s [quad]float32, n int, x, y []float32, ld int) [quad]float32 {
	s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
	for i := range n {
		a, b := (*[quad]float32)(x[i*ld:]), (*[quad]float32)(y[i*ld:])
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
	}
	return [quad]float32{s0, s1, s2, s3}
}

package carry

import "math"

// SignedDistance returns each pixel's distance to the outline of a mask, in pixels, positive inside. Outlines run
// between pixels. If there is no outline, all distances equal the picture's side (Felzenszwalb and Huttenlocher,
// Theory of Computing 2012).
func SignedDistance(mask []bool, side int) []float32 {
	inside, outside := squaredDistance(mask, side, false), squaredDistance(mask, side, true)
	out := make([]float32, len(mask))
	for i, on := range mask {
		d := inside[i]
		if !on {
			d = outside[i]
		}
		v := float32(min(math.Sqrt(d)-0.5, float64(side)))
		if !on {
			v = -v
		}
		out[i] = v
	}
	return out
}

// unreachable exceeds every squared distance in a picture.
const unreachable = 1e12

// squaredDistance is the squared distance to the nearest pixel with the given value: first along columns, then along
// rows.
func squaredDistance(mask []bool, side int, to bool) []float64 {
	out := make([]float64, len(mask))
	for i, on := range mask { // distance to the nearest one above
		switch {
		case on == to:
		case i < side:
			out[i] = unreachable
		default:
			out[i] = out[i-side] + 1
		}
	}
	for i := len(out) - 1; i >= 0; i-- { // or below
		if i < len(out)-side {
			out[i] = min(out[i], out[i+side]+1)
		}
	}
	for i, d := range out {
		out[i] = min(d*d, unreachable)
	}
	e := newEnvelope(side)
	for y := range side {
		e.transform(out[y*side : (y+1)*side])
	}
	return out
}

// envelope is the lower envelope of parabolas along a line.
type envelope struct {
	at     []int
	from   []float64 // where each parabola starts to be the lowest
	values []float64
}

func newEnvelope(n int) *envelope {
	return &envelope{at: make([]int, n), from: make([]float64, n+1), values: make([]float64, n)}
}

// transform replaces f[i] by the minimum over j of f[j] + (i-j)^2.
func (e *envelope) transform(f []float64) {
	copy(e.values, f)
	v := e.values[:len(f)]
	meet := func(a, b int) float64 {
		return (v[a] + float64(a*a) - v[b] - float64(b*b)) / float64(2*(a-b))
	}
	k := 0
	e.at[0], e.from[0] = 0, math.Inf(-1)
	for i := 1; i < len(f); i++ {
		x := meet(i, e.at[k])
		for x <= e.from[k] {
			k--
			x = meet(i, e.at[k])
		}
		k++
		e.at[k], e.from[k] = i, x
	}
	last := k
	k = 0
	for i := range f {
		for k < last && e.from[k+1] < float64(i) {
			k++
		}
		d := float64(i - e.at[k])
		f[i] = d*d + v[e.at[k]]
	}
}

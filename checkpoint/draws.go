package checkpoint

import "math"

// Draws is the random number generator of the fixtures. It uses integer arithmetic only, so
// that it gives the same bits in any language. Its key is the 64-bit FNV-1a hash of the
// text "seed/name", and draw i is the splitmix64 finalizer of
// key + (i+1)*0x9E3779B97F4A7C15 (Steele, Lea, Flood: Fast splittable pseudorandom
// number generators, 2014).
type Draws struct{ key uint64 }

// NewDraws returns the stream of the tensor name under seed.
func NewDraws(seed, name string) Draws {
	h := uint64(14695981039346656037) // FNV-1a offset basis
	for _, b := range []byte(seed + "/" + name) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return Draws{key: h}
}

// Bits is draw i: 64 random bits.
func (d Draws) Bits(i int) uint64 {
	z := d.key + uint64(i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Normal is draw i as a nearly normal number of mean 0 and deviation 1: the sum of
// its four 16-bit lanes, centered and scaled.
func (d Draws) Normal(i int) float64 {
	z := d.Bits(i)
	sum := z&0xffff + z>>16&0xffff + z>>32&0xffff + z>>48
	return (float64(sum) - 131070) * (math.Sqrt(3) / 65536)
}

// Uniform is draw i as a number in [0, 1).
func (d Draws) Uniform(i int) float64 { return float64(d.Bits(i)>>11) / (1 << 53) }

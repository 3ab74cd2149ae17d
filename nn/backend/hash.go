package backend

// Hash is the counter-based random number generator of Dropout: the hash function "pcg" of Jarzynski and Olano ("Hash Functions for
// GPU Rendering", JCGT 9(3), 2020), applied twice to a counter, with the seed added in between. It uses 32-bit integer arithmetic
// only, so a shader computes the same masks.
func Hash(seed, i uint32) uint32 {
	return pcg(pcg(i) + seed)
}

func pcg(v uint32) uint32 {
	state := v*747796405 + 2891336453
	word := ((state >> ((state >> 28) + 4)) ^ state) * 277803737
	return (word >> 22) ^ word
}

package backend

// Hash is the counter-based random function of Dropout: the PCG output permutation ("pcg" of Jarzynski and
// Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020) applied to a counter, twice, with the seed mixed in
// between. WGSL has the same arithmetic, so a mask is the same on every device.
func Hash(seed, i uint32) uint32 {
	return pcg(pcg(i) + seed)
}

func pcg(v uint32) uint32 {
	state := v*747796405 + 2891336453
	word := ((state >> ((state >> 28) + 4)) ^ state) * 277803737
	return (word >> 22) ^ word
}

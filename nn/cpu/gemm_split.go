package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Products of two tall matrices, as the gradients of weights are, have few tiles and long sums: they are cut along K into
// parts that threads compute side by side. The number of parts depends on the sizes alone.
const (
	splitSteps = 1024    // of K per part, at least
	splitParts = 8       // at most
	splitWords = 1 << 18 // of C, at most: each part has sums of its own
)

// splits is the number of parts of K, 1 for products that are not cut.
func (m matmulArgs) splits() int {
	if m.Batch != 1 || !m.TransA || m.TransB || m.M*m.N > splitWords || m.act() {
		return 1
	}
	return min(splitParts, m.K/splitSteps)
}

// act says whether the product does more than multiply and add up.
func (m matmulArgs) act() bool {
	return m.Act != backend.Identity || m.bias != nil || m.residual != nil
}

// matmulSplit computes C (+)= A^T B, A [K,M] and B [K,N], in parts of K.
func (d *Device) matmulSplit(m matmulArgs, parts int) {
	size := m.M * m.N
	sums := d.pool.take(parts * size)
	f := d.productKernels(m.M, m.N, m.K)
	of := make([]product, parts)
	for i := range of {
		lo, hi := i*m.K/parts, (i+1)*m.K/parts
		part := m
		part.K, part.Accumulate = hi-lo, false
		part.a, part.b, part.c = m.a[lo*m.M:], m.b[lo*m.N:], sums[i*size:][:size]
		of[i] = part.item(f, 0)
		of[i].plan(1)
	}
	need := 0
	for i := range of {
		need = max(need, of[i].scratchWords(1))
	}
	across := min(d.threads, parts)
	scratch := d.pool.take(across * need)
	d.workers.share(across, parts, func(worker, i int) {
		of[i].run(d, 1, scratch[worker*need:][:need])
	})
	d.pool.put(scratch)
	d.parallel(size, parts, func(lo, hi int) {
		c := m.c[lo:hi]
		if m.Accumulate {
			d.kernels.Add(c, c, sums[lo:])
		} else {
			copy(c, sums[lo:])
		}
		for i := 1; i < parts; i++ {
			d.kernels.Add(c, c, sums[i*size+lo:])
		}
	})
	d.pool.put(sums)
}

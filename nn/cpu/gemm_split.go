package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Products of two tall matrices, such as gradients of weights, have few tiles and long sums. They are split along K into parts,
// which threads compute in parallel. The number of parts depends on sizes alone.
const (
	splitSteps = 1024    // the smallest number of steps of K in a part
	splitParts = 8       // the largest number of parts
	splitWords = 1 << 18 // the largest C that is split, since each part has its own sums
)

// splits returns the number of parts, 1 for products that are not split.
func (m matmulArgs) splits() int {
	if m.Batch != 1 || !m.TransA || m.TransB || m.M*m.N > splitWords || m.hasEpilogue() {
		return 1
	}
	return min(splitParts, m.K/splitSteps)
}

// hasEpilogue reports whether the product has an activation, a bias or a residual.
func (m matmulArgs) hasEpilogue() bool {
	return m.Act != backend.Identity || m.bias != nil || m.residual != nil
}

// matmulSplit computes C (+)= A^T B, A [K,M] and B [K,N], in parts of K.
func (d *Device) matmulSplit(m matmulArgs, parts int) {
	size := m.M * m.N
	sums := d.pool.take(parts * size)
	f := d.productKernels(m.M, m.N, m.K)
	products := make([]product, parts)
	for i := range products {
		lo, hi := i*m.K/parts, (i+1)*m.K/parts
		part := m
		part.K, part.Accumulate = hi-lo, false
		part.a, part.b, part.c = m.a[lo*m.M:], m.b[lo*m.N:], sums[i*size:][:size]
		products[i] = part.item(f, 0)
		products[i].plan(1)
	}
	need := 0
	for i := range products {
		need = max(need, products[i].scratchWords(1))
	}
	across := min(d.threads, parts)
	scratch := d.pool.take(across * need)
	d.workers.share(across, parts, func(worker, i int) {
		products[i].run(d, 1, scratch[worker*need:][:need])
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

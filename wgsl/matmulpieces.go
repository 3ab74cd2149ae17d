package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

const (
	minPieceTerms = 512 // for shorter sums, a second launch does not pay
	maxPieces     = 64
)

// sumPieces runs p as it is, or splits its sum: one part after the other if the matrices with k rows are too large to bind, or in
// parallel if C has too few tiles to occupy the device ("split-k").
func (d *Device) sumPieces(p product, v variant) {
	terms := d.bindableTerms(p)
	pieces := d.usefulPieces(p, v)
	switch {
	case terms < p.k:
		sum, release := p.bare(d, 1)
		for from := 0; from < p.k; from += terms {
			part := sum.after(from)
			part.k = min(terms, part.k)
			part.accumulate = from > 0
			d.launchProduct(part, v, 1, part.k)
		}
		d.reduce(p, sum.c, 1)
		release()
	case pieces > 1:
		pieceK := (ceilDiv(p.k, pieces) + 15) &^ 15 // whole steps of the tiled kernels
		pieces = ceilDiv(p.k, pieceK)
		parts, release := p.bare(d, pieces)
		d.launchProduct(parts, v, pieces, pieceK)
		d.reduce(p, parts.c, pieces)
		release()
	default:
		d.launchProduct(p, v, 1, p.k)
	}
}

// usefulPieces returns how many workgroups should share the sum of a tile.
func (d *Device) usefulPieces(p product, v variant) int {
	tiles := p.items.n * ceilDiv(p.m, v.tileM) * ceilDiv(p.n, v.tileN)
	room := d.bindingWords() / (p.items.n * p.m * p.n)
	return min(d.occupancy()/tiles, p.k/minPieceTerms, maxPieces, room, d.limits.workgroups/p.items.n)
}

// occupancy returns how many workgroups of 256 threads keep the device busy.
func (d *Device) occupancy() int {
	switch d.info.Kind {
	case Software:
		return 4
	case Discrete:
		return 256
	}
	return 32
}

// bindableTerms returns how many terms of the sum can be bound at once, of the matrices that have a row per term.
func (d *Device) bindableTerms(p product) int {
	terms := p.k
	if p.transA && !d.fits(p.spanA()) {
		terms = min(terms, max((d.bindingWords()-p.m)/p.a.stride, 1))
	}
	if !p.transB && !d.fits(p.spanB()) {
		terms = min(terms, max((d.bindingWords()-p.n)/p.b.stride, 1))
	}
	if terms < p.k {
		terms = max(terms&^3, 1) // keeps four-word loads aligned
	}
	return terms
}

// bare returns p without its epilogue, and with a temporary buffer in place of C: [items,pieces,m,n].
func (p product) bare(d *Device, pieces int) (bare product, release func()) {
	size := pieces * p.m * p.n
	buf := d.Alloc(p.items.n * size)
	p.c = matrix{buf, -p.items.first * size, p.n, p.items.inner * size, size}
	p.alpha, p.bias, p.act, p.residual, p.accumulate, p.turn = 1, nil, backend.Identity, nil, false, backend.Rotation{}
	return p, func() { d.Free(buf) }
}

// reduce adds the pieces in parts, [items,pieces,m,n], and applies p's epilogue.
func (d *Device) reduce(p product, parts matrix, pieces int) {
	p.a = parts
	a := p.items.span(parts, pieces*p.m, p.n)
	element, load := vectorLoad("b", false, p.cAligned()) // bound, not read
	k := d.kernel(epilogueFiles(p.cAligned())+"+matmulreduce.wgsl", "{{B_ELEMENT}}", element, "{{LOAD_B}}", load)
	grid := d.grid(p.m*ceilDiv(p.n, 4), 64)
	grid[2] = p.items.n
	d.launchParts(k, p, grid, float64(a.n), a, span{}, p.spanC(), pieces, 0)
}

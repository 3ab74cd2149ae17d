package wgsl

import (
	"strconv"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// fusedWidth is the largest width of values for fusedattention.wgsl, where a thread keeps an eighth of each of its rows of O.
const fusedWidth = 256

const (
	fusedQueries  = 64  // per workgroup
	fusedMinPiece = 256 // keys; for fewer, a merge does not pay
)

// fusedForm is how the threads of a workgroup of fusedattention.wgsl, 8 x wy, share 64 queries.
type fusedForm struct {
	wy    int
	rows4 int // groups of four queries per thread
	out4  int // groups of four columns of O per thread
}

// fusedFormFor limits the sums in the registers of a thread, 16*rows4*out4 of O and 32*rows4 of S, to 192 words.
func fusedFormFor(valueWidth int) fusedForm {
	out4 := ceilDiv(valueWidth, 32)
	if out4 <= 4 {
		return fusedForm{8, 2, out4}
	}
	return fusedForm{16, 1, out4}
}

func (f fusedForm) threads() int { return 8 * f.wy }

// fusedAttention computes an attention with fusedattention.wgsl.
func (d *Device) fusedAttention(a backend.Attention) {
	f := fusedFormFor(a.Dv)
	d.eachPart(a, scoreChunk{items{0, a.B * a.Heads, a.Heads}, 0, a.Nq}, fusedQueries, func(p attentionPart) {
		if pieces := d.keyPieces(a, p, f); pieces > 1 {
			d.fusedInPieces(a, p, f, pieces)
			return
		}
		d.launchFused(a, p, f, a.Nk)
	})
}

// keyPieces returns how many workgroups should share the keys of a tile of queries, so that there are enough to occupy the device.
func (d *Device) keyPieces(a backend.Attention, p attentionPart, f fusedForm) int {
	tiles := p.items.n * ceilDiv(p.rows, fusedQueries)
	busy := d.occupancy() * 256 / f.threads() // workgroups of this size
	room := d.bindingWords() / (p.items.n * p.rows * a.Dv)
	return min(busy/tiles, a.Nk/fusedMinPiece, maxPieces, room, d.limits.workgroups)
}

// fusedInPieces computes an attention to each piece of the keys and combines the results.
func (d *Device) fusedInPieces(a backend.Attention, p attentionPart, f fusedForm, pieces int) {
	pieceKeys := ceilDiv(ceilDiv(a.Nk, pieces), 64) * 64
	pieces = ceilDiv(a.Nk, pieceKeys)
	size := pieces * p.rows * a.Dv
	part, partLSE := d.Alloc(p.items.n*size), d.Alloc(p.items.n*pieces*p.rows)
	q := p
	q.o = matrix{part, -p.items.first * size, a.Dv, p.items.inner * size, size}
	q.so, q.lse, q.lseStride = whole(part), whole(partLSE), pieces*p.rows
	d.launchFused(a, q, f, pieceKeys)

	grid := d.grid(p.rows*ceilDiv(a.Dv, 4), 64)
	grid[2] = p.items.n
	sent := params{{"rows", p.rows}, {"width", a.Dv}, {"pieces", pieces}, {"inner", a.Heads}}.and(matrixParams("o", p.o, p.so)...).
		and(params{{"first", p.items.first}, {"lse_base", p.lse.base}, {"lse_stride", p.lseStride}, {"has_lse", p.lse.buf != nil}}...)
	d.launch(d.kernel("matrix.wgsl+attentionmerge.wgsl"), grid, 2*float64(p.items.n*size), []span{q.so, q.lse, p.so, p.lse}, sent)
	d.Free(part)
	d.Free(partLSE)
}

// launchFused runs p for each piece of the keys, of pieceKeys keys.
func (d *Device) launchFused(a backend.Attention, p attentionPart, f fusedForm, pieceKeys int) {
	n := strconv.Itoa
	k := d.kernel("matrix.wgsl+fusedattention.wgsl", append(p.loads(true, "vec4<f32>(%[1]s[at], %[1]s[at + 1u], %[1]s[at + 2u], %[1]s[at + 3u])"),
		"{{WY}}", n(f.wy), "{{THREADS}}", n(f.threads()), "{{ROWS4}}", n(f.rows4), "{{OUT4}}", n(f.out4))...)
	grid := [3]int{ceilDiv(p.rows, fusedQueries), p.items.n, ceilDiv(a.Nk, pieceKeys)}
	d.launch(k, grid, p.work(a), p.spans(), p.params(a).and(param{"piece_keys", pieceKeys}, param{"scale", a.Scale}))
}

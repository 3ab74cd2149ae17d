package wgsl

import (
	"strconv"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// windowKeys is the largest number of keys for windowattention.wgsl: 8 rows of scores then take 8 KiB of workgroup memory.
const windowKeys = 256

// windowAttention computes an attention with windowattention.wgsl.
func (d *Device) windowAttention(a backend.Attention) {
	const queries = 8 // per workgroup
	d.eachPart(a, scoreChunk{items{0, a.B * a.Heads, a.Heads}, 0, a.Nq}, queries, func(p attentionPart) {
		d.launch(d.windowKernel(a, p), [3]int{ceilDiv(p.rows, queries), p.items.n, 1}, p.work(a), p.spans(),
			p.params(a).and(param{"scale", a.Scale}))
	})
}

// windowKernel returns the shader for a's number of keys and its layout.
func (d *Device) windowKernel(a backend.Attention, p attentionPart) *kernel {
	keys := ceilDiv(a.Nk, 64) * 64
	wide := a.D%4 == 0 && a.Dv%4 == 0
	return d.kernel("matrix.wgsl+windowattention.wgsl", append(p.loads(wide, "first_words(vec4<f32>(%[1]s[at], %[1]s[at + 1u], %[1]s[at + 2u], %[1]s[at + 3u]), left)"),
		"{{KEYS}}", strconv.Itoa(keys), "{{SCORES}}", strconv.Itoa(8*keys))...)
}

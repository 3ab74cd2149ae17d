package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Im2Col implements backend.Kernels.
func (d *Device) Im2Col(a backend.Im2Col) {
	a.Check()
	oh, ow := a.OutSize()
	e := elementOf(a.C)
	k := d.kernel("im2col.wgsl", e.replace...)
	patch := a.KH * a.KW * a.C
	words := max(ow*patch, max(ceilDiv(a.H, oh), a.Stride)*a.W*a.C) // of cols or of x, whichever is more, for a row of patches
	for _, r := range d.runs(a.B*oh, words, a.KH, float64(words)) {
		// Patch rows r need the image rows lo..hi of the flattened [B,H].
		last := r.start + r.n - 1
		lo := r.start/oh*a.H + clamp(r.start%oh*a.Stride-a.Pad, a.H-1)
		hi := last/oh*a.H + clamp(last%oh*a.Stride-a.Pad+a.KH, a.H)
		n := r.n * ow * patch
		d.run(k, n/e.width, float64(2*n),
			[]span{window(a.X, lo*a.W*a.C, max(hi-lo, 1)*a.W*a.C), window(a.Cols, r.start*ow*patch, n)},
			patchParams(a, n/e.width, r.start, "x_row", lo, e.width))
	}
}

// Col2Im implements backend.Kernels.
func (d *Device) Col2Im(a backend.Im2Col) {
	a.Check()
	oh, ow := a.OutSize()
	e := elementOf(a.C)
	k := d.kernel("col2im.wgsl", e.replace...)
	line := ow * a.KH * a.KW * a.C                                        // words of a row of patches
	words := max(a.W*a.C, ceilDiv(oh*line, a.H), ceilDiv(line, a.Stride)) // of x or of cols, whichever is more, for an image row
	for _, r := range d.runs(a.B*a.H, words, a.KH+a.Stride, float64(words)) {
		// Image rows r gather from the patch rows lo..hi of the flattened [B,OH].
		last := r.start + r.n - 1
		lo := r.start/a.H*oh + clamp((r.start%a.H+a.Pad-a.KH+a.Stride)/a.Stride, oh)
		hi := last/a.H*oh + clamp((last%a.H+a.Pad)/a.Stride+1, oh)
		if lo >= hi {
			continue // no patch reaches these rows
		}
		n := r.n * a.W * a.C
		d.run(k, n/e.width, float64(r.n*words),
			[]span{window(a.Cols, lo*line, (hi-lo)*line), window(a.X, r.start*a.W*a.C, n)},
			patchParams(a, n/e.width, r.start, "cols_row", lo, e.width))
	}
}

// patchParams returns the struct Params of both kernels, which differ in the name of the third word.
func patchParams(a backend.Im2Col, count, first int, row string, lo, width int) params {
	oh, ow := a.OutSize()
	return params{{"count", count}, {"first", first}, {row, lo}, {"h", a.H}, {"w", a.W}, {"c", a.C / width},
		{"oh", oh}, {"ow", ow}, {"kh", a.KH}, {"kw", a.KW}, {"stride", a.Stride}, {"pad", a.Pad}}
}

// clamp returns n limited to 0..most.
func clamp(n, most int) int { return min(max(n, 0), most) }

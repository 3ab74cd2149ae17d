package wgsl

import "strconv"

// variant is a way to compute a matrix product: a kernel file and its sizes.
type variant struct {
	name         string
	tiled        bool // matmultiled.wgsl, else matmuldirect.wgsl
	wx, wy       int  // threads of a workgroup along n and m
	rows, cols   int  // sums per thread
	tileK        int  // terms per step (tiled only)
	tileM, tileN int  // sums per workgroup
	adjacent     bool // a thread's columns are adjacent; otherwise those of all threads are interleaved (direct only)
	transposesB  bool // needs B stored [k,n]
}

// Variants are named after their kernel file and the width of the tile of C that a workgroup computes.

// tiled128 is for discrete GPUs: 128 x 128 sums, 8 KiB of workgroup memory.
func tiled128() variant { return tiled("tiled-128", 16, 16, 8, 8, 8) }

// tiled64 is for large products on most other GPUs: 64 x 64 sums, 8 KiB.
func tiled64() variant { return tiled("tiled-64", 8, 8, 8, 8, 16) }

// tiled32 is for small products, and for integrated GPUs with Direct3D 12: 32 x 32 sums, 2 KiB.
func tiled32() variant { return tiled("tiled-32", 8, 8, 4, 4, 8) }

// direct64 is for Metal: 64 x 64 sums, without workgroup memory, which WebGPU has to clear.
func direct64() variant { return direct("direct-64", 8, 8, 8, 8, false) }

// direct128 is for lavapipe: 64 x 128 sums; the columns of a thread are adjacent.
func direct128() variant { return direct("direct-128", 8, 8, 8, 16, true) }

func tiled(name string, wx, wy, rows, cols, tileK int) variant {
	return variant{name: name, tiled: true, wx: wx, wy: wy, rows: rows, cols: cols, tileK: tileK,
		tileM: wy * rows, tileN: wx * cols}
}

func direct(name string, wx, wy, rows, cols int, adjacent bool) variant {
	return variant{name: name, wx: wx, wy: wy, rows: rows, cols: cols, adjacent: adjacent,
		tileM: wy * rows, tileN: wx * cols, transposesB: true}
}

// variants lists all variants. None is the fastest everywhere.
func variants() []variant {
	return []variant{tiled128(), tiled64(), tiled32(), direct64(), direct128()}
}

// defaultVariant returns the choice without tuning.
func (d *Device) defaultVariant(p product) variant {
	large := p.m >= 64 && p.n >= 64
	switch {
	case d.info.Kind == Software:
		return direct128()
	case d.info.Backend == "Metal":
		return direct64()
	case d.info.Kind == Discrete && large:
		return tiled128()
	case large && d.info.Backend != "D3D12":
		return tiled64()
	}
	return tiled32()
}

// variantFor returns the variant that computes p.
func (d *Device) variantFor(p product) variant {
	if d.tuner.forced != nil {
		return *d.tuner.forced
	}
	if d.tuner.on {
		return d.tuned(p)
	}
	return d.defaultVariant(p)
}

// epilogueFiles are the shader files that all variants begin with.
func epilogueFiles(wide bool) string {
	if wide {
		return "erf.wgsl+halves.wgsl+matrix.wgsl+matmul.wgsl+matmulwide.wgsl"
	}
	return "erf.wgsl+halves.wgsl+matrix.wgsl+matmul.wgsl+matmulnarrow.wgsl"
}

// productKey identifies the shader of a product.
type productKey struct {
	variant              string
	wide, transA, transB bool
	halfA, halfB         bool
}

// kernelFor returns v compiled for p's layout.
func (d *Device) kernelFor(v variant, p product) *kernel {
	wide := p.cAligned() && p.b.aligned() && (!v.tiled || p.a.aligned())
	key := productKey{v.name, wide, v.tiled && p.transA, v.tiled && p.transB, p.a.half(), p.b.half()}
	k, ok := d.products[key]
	if !ok || k.program == nil {
		k = d.productKernel(v, key)
		d.products[key] = k
	}
	return k
}

// productKernel returns the shader for v.
func (d *Device) productKernel(v variant, key productKey) *kernel {
	n, wide := strconv.Itoa, key.wide
	element, load := vectorLoad("b", key.halfB, wide)
	loads := []string{"{{B_ELEMENT}}", element, "{{LOAD_B}}", load}
	if !v.tiled {
		step, lane := 4*v.wx, 4
		if v.adjacent {
			step, lane = 4, v.cols
		}
		element, load := "f32", "a[at]"
		if key.halfA {
			element, load = "u32", "half_of(a[at / 2u], at)"
		}
		loads = append(loads, "{{A_ELEMENT}}", element, "{{LOAD_A}}", load)
		return d.kernel(epilogueFiles(wide)+"+matmuldirect.wgsl", append(loads, "{{ROWS}}", n(v.rows), "{{COLS}}", n(v.cols/4),
			"{{WX}}", n(v.wx), "{{WY}}", n(v.wy), "{{TILE_N}}", n(v.tileN), "{{STEP}}", n(step), "{{LANE}}", n(lane))...)
	}
	element, load = vectorLoad("a", key.halfA, wide)
	return d.kernel(epilogueFiles(wide)+"+matmultiled.wgsl", append(loads, "{{A_ELEMENT}}", element, "{{LOAD_A}}", load,
		"{{ROWS4}}", n(v.rows/4), "{{COLS4}}", n(v.cols/4), "{{WX}}", n(v.wx), "{{WY}}", n(v.wy),
		"{{THREADS}}", n(v.wx*v.wy), "{{TILE_K}}", n(v.tileK), "{{TILE_K4}}", n(v.tileK/4),
		"{{TILE_M}}", n(v.tileM), "{{TILE_M4}}", n(v.tileM/4), "{{TILE_N}}", n(v.tileN), "{{TILE_N4}}", n(v.tileN/4),
		"{{A_WORDS}}", n(v.tileK*v.tileM/4), "{{B_WORDS}}", n(v.tileK*v.tileN/4),
		"{{A_BLOCKS}}", n(v.tileK*v.tileM/16), "{{B_BLOCKS}}", n(v.tileK*v.tileN/16),
		"{{ROW_STEP}}", n(4*v.wy), "{{COL_STEP}}", n(4*v.wx),
		"{{TRANSPOSE_A}}", strconv.FormatBool(!key.transA), "{{TRANSPOSE_B}}", strconv.FormatBool(key.transB))...)
}

// aligned reports whether every row of every item begins at a multiple of 4 words.
func (x matrix) aligned() bool {
	return (x.off|x.stride|x.outerStep|x.inStep)%4 == 0
}

// half reports whether x is stored as float16.
func (x matrix) half() bool { return x.buf.(*buffer).half }

// cAligned reports whether C can be stored four words at a time.
func (p product) cAligned() bool { return p.c.aligned() && p.n%4 == 0 }

// launchProduct runs p with its sum split into pieces of pieceK terms.
func (d *Device) launchProduct(p product, v variant, pieces, pieceK int) {
	grid := [3]int{ceilDiv(p.n, v.tileN), ceilDiv(p.m, v.tileM), p.items.n * pieces}
	c := p.items.span(p.c, pieces*p.m, p.n)
	d.launchParts(d.kernelFor(v, p), p, grid, p.work(), p.spanA(), p.spanB(), c, pieces, pieceK)
}

// launchParts runs a kernel that includes matmul.wgsl, with the bindings and params declared there.
func (d *Device) launchParts(k *kernel, p product, grid [3]int, work float64, a, b, c span, pieces, pieceK int) {
	var bias, residual span
	flags := 0 // see matmul.wgsl
	if p.bias != nil {
		bias, flags = window(p.bias, p.biasOff+p.items.first*p.biasStep, (p.items.n-1)*p.biasStep+p.n), flags|1
	}
	if p.residual != nil {
		m := p.c
		m.buf = p.residual
		residual, flags = p.items.span(m, p.m, p.n), flags|2
	}
	if p.accumulate {
		flags |= 4
	}
	var table span
	if p.turn.Columns > p.col {
		table, flags = window(p.turn.Table, 0, p.turn.Period*p.turn.Width), flags|8
	}
	aRow, aTerm := p.a.stride, 1
	if p.transA {
		aRow, aTerm = 1, p.a.stride
	}
	sent := params{{"m", p.m}, {"n", p.n}, {"k", p.k}, {"inner", p.items.inner}}.
		and(matrixParams("a", p.a, a)...).and(matrixParams("b", p.b, b)...).and(matrixParams("c", p.c, c)...).
		and(params{{"first", p.items.first}, {"pieces", pieces}, {"piece_k", pieceK}, {"bias", bias.base},
			{"residual", p.c.off - residual.off}, {"act", int(p.act)}, {"flags", flags}, {"alpha", p.alpha},
			{"a_row", aRow}, {"a_term", aTerm}, {"bias_step", p.biasStep}, {"row", p.row}, {"col", p.col}, {"rotated_cols", p.turn.Columns},
			{"width", max(p.turn.Width, 1)}, {"tokens", max(p.turn.N, 1)}, {"rotated_tokens", p.turn.Rotated}, {"period", max(p.turn.Period, 1)}}...)
	d.launch(k, grid, work, []span{a, b, c, bias, residual, table}, sent)
}

// matrixParams returns the struct Matrix (matrix.wgsl) with the given name, for x bound as s.
func matrixParams(name string, x matrix, s span) params {
	return params{{name + ".base", x.off - s.off}, {name + ".stride", x.stride},
		{name + ".outer", x.outerStep}, {name + ".inner", x.inStep}}
}

package cpu

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// rounding is how a device with precision bf16 computes products. It rounds the operands of large products to bfloat16 (to
// nearest, ties to even) and sums in float32. This affects MatMul, hence also convolutions, and Attention (queries times Scale,
// keys, values and probabilities) with its backward pass. Everything else stays float32, as do products so small that rounding
// does not pay, which depends on sizes alone.
type rounding struct {
	kernels simd.Kernels
	// rows, columns and steps (M, N and K) of the smallest product that is rounded: a word of A or B is rounded once, for as many
	// multiply-adds as C has columns or rows.
	rows, columns, steps int
	// width is the smallest D + Dv of an attention that is rounded: each probability is rounded, for Dv multiply-adds.
	width int
}

// newRounding returns limits at which rounding paid on the machines that we measured.
func newRounding(k simd.Kernels) *rounding {
	return &rounding{kernels: k, rows: 48, columns: 48, steps: 32, width: 32}
}

// Options choose how a device computes. The zero value is the fastest way to compute in f32 on this machine.
type Options struct {
	Threads   int    // 0: GOMAXPROCS
	Level     string // instruction set: "avx512", "avx2", "neon", "plain" (Go), or "auto" (also ""): the fastest
	Precision string // of products: "f32" (also "") or "bf16", which requires AVX512_BF16
}

// Open returns a device, or an error if an option is unknown or not supported by this machine.
func Open(o Options) (*Device, error) {
	if o.Threads < 0 {
		return nil, fmt.Errorf("cpu: %d threads: want 0 (all) or more", o.Threads)
	}
	k, err := simd.Level(o.Level)
	if err != nil {
		return nil, fmt.Errorf("cpu: %w", err)
	}
	d := New(o.Threads)
	d.kernels = k
	switch o.Precision {
	case "", "f32":
	case "bf16":
		low, err := simd.LevelBF16(o.Level)
		if err != nil {
			d.Close()
			return nil, fmt.Errorf("cpu: precision bf16: %w", err)
		}
		d.rounding = newRounding(low)
	default:
		d.Close()
		return nil, fmt.Errorf("cpu: unknown precision %q: want f32 or bf16", o.Precision)
	}
	return d, nil
}

// NewPlainBF16 is NewPlain with products in bf16: the specification of these.
func NewPlainBF16() *Device {
	d := NewPlain()
	d.rounding = newRounding(simd.PlainBF16())
	return d
}

// Precision is that of products: "f32" or "bf16".
func (d *Device) Precision() string {
	if d.rounding != nil {
		return "bf16"
	}
	return "f32"
}

// productKernels returns the kernels for a product m x n x k.
func (d *Device) productKernels(m, n, k int) *simd.Kernels {
	if r := d.rounding; r != nil && m >= r.rows && n >= r.columns && k >= r.steps {
		return &r.kernels
	}
	return &d.kernels
}

// attentionKernels returns the kernels for an attention.
func (d *Device) attentionKernels(a backend.Attention) *simd.Kernels {
	if r := d.rounding; r != nil && a.Nq >= r.rows && a.Nk >= r.columns && a.D+a.Dv >= r.width {
		return &r.kernels
	}
	return &d.kernels
}

// rounded returns x, rounded if the kernels f round.
func rounded(f *simd.Kernels, x []float32) []float32 {
	if !f.Rounds() {
		return x
	}
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = simd.RoundBF16(v)
	}
	return y
}

package cpu

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// A device of bf16 rounds the operands of its large products to bfloat16 (to nearest, ties to even) and adds up in float32:
// of MatMul, so also of convolutions, and of Attention (queries times Scale, keys, values, probabilities) and its backward
// pass. Everything else is float32. Products so small that rounding costs more than it saves stay float32, too; which
// ones depends on the sizes alone.
type rounding struct {
	kernels simd.Kernels
	// rows, columns and steps of the smallest products that are rounded: A and B are packed once, for as many multiply-adds as
	// C has columns and rows.
	rows, columns, steps int
	// width is the smallest D + Dv of an attention that is rounded: each probability is rounded, for Dv multiply-adds.
	width int
}

// newRounding returns what pays on the machines at hand.
func newRounding(k simd.Kernels) *rounding {
	return &rounding{kernels: k, rows: 48, columns: 48, steps: 32, width: 32}
}

// Options choose how a CPU computes. The zero value is the fastest that this machine has, in f32.
type Options struct {
	Threads   int    // 0: all of GOMAXPROCS
	Level     string // instruction set: "avx512", "avx2", "neon", "plain" (Go), or "auto" (also ""): the fastest
	Precision string // of the products: "f32" (also "") or "bf16", for which the machine must have AVX512_BF16
}

// Open returns a device, or an error for an unknown name and for what this machine cannot run.
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

// NewPlainBF16 is NewPlain with products in bf16: their specification.
func NewPlainBF16() *Device {
	d := NewPlain()
	d.rounding = newRounding(simd.PlainBF16())
	return d
}

// Precision is that of the products: "f32" or "bf16".
func (d *Device) Precision() string {
	if d.rounding != nil {
		return "bf16"
	}
	return "f32"
}

// productKernels are the kernels of a product m x n x k.
func (d *Device) productKernels(m, n, k int) *simd.Kernels {
	if r := d.rounding; r != nil && m >= r.rows && n >= r.columns && k >= r.steps {
		return &r.kernels
	}
	return &d.kernels
}

// attentionKernels are the kernels of an attention.
func (d *Device) attentionKernels(a backend.Attention) *simd.Kernels {
	if r := d.rounding; r != nil && a.Nq >= r.rows && a.Nk >= r.columns && a.D+a.Dv >= r.width {
		return &r.kernels
	}
	return &d.kernels
}

// rounded returns the words of x as the kernels f round them.
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

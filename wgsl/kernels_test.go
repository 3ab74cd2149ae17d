//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// notProducts lists every kernel but the products, whose tests are matmul_test.go and attention_test.go.
func notProducts() []string {
	return []string{
		"Im2Col", "Col2Im", "DepthwiseConv", "DepthwiseConvBackward", "MaxPool", "MaxPoolBackward", "Resample",
		"LayerNorm", "LayerNormBackward", "RoPE", "Map", "MapBackward", "Zip", "Copy", "Fill", "Sum", "Dot", "Dropout",
		"MaskLoss", "MaskLossBackward", "AdamW",
	}
}

// TestKernels compares the kernels with the CPU's.
func TestKernels(t *testing.T) {
	d := open(t, Options{})
	t.Logf("running on %s", d.Name())
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{Large: !testing.Short(), Kernels: notProducts()})
}

// TestKernelsSplit lowers the limits so far that most operands of the suite do not fit one binding, and few
// dispatches one row of workgroups.
func TestKernelsSplit(t *testing.T) {
	const words = 1 << 16
	d := open(t, Options{MaxBindingBytes: 4 * words, MaxWorkgroups: 37})
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{BindingWords: words, Kernels: notProducts()})
}

//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// testedApart names the kernels that the tests here leave out, and why.
func testedApart() map[string]string {
	return map[string]string{
		"MatMul":            "TestMatMulVariants runs it in every form, TestProductsSplit split",
		"Attention":         "TestAttention runs it as one kernel and as products, TestProductsSplit split",
		"AttentionBackward": "TestAttention runs it after both forms, TestProductsSplit split",
	}
}

// TestKernels compares all kernels but those with the CPU's.
func TestKernels(t *testing.T) {
	d := open(t, Options{})
	t.Logf("running on %s", d.Name())
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{Large: !testing.Short(), Except: testedApart()})
}

// TestKernelsSplit lowers the limits so far that most operands of the suite do not fit one binding, and few
// dispatches one row of workgroups.
func TestKernelsSplit(t *testing.T) {
	const words = 1 << 16
	d := open(t, Options{MaxBindingBytes: 4 * words, MaxWorkgroups: 37})
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{BindingWords: words, Except: testedApart()})
}

//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// testedApart names the kernels that the tests in this file leave out, with the reason.
func testedApart() map[string]string {
	return map[string]string{
		"MatMul":            "covered by TestMatMulVariants and TestProductsSplit",
		"Attention":         "covered by TestAttention and TestProductsSplit",
		"AttentionBackward": "covered by TestAttention and TestProductsSplit",
	}
}

// TestKernels compares all other kernels with the CPU's.
func TestKernels(t *testing.T) {
	d := open(t, Options{})
	t.Logf("running on %s", d.Name())
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{Large: !testing.Short(), Except: testedApart()})
}

// TestKernelsSplit lowers the limits so far that most operands of the suite do not fit into a binding, and few dispatches into a
// row of workgroups.
func TestKernelsSplit(t *testing.T) {
	const words = 1 << 16
	d := open(t, Options{MaxBindingBytes: 4 * words, MaxWorkgroups: 37})
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{BindingWords: words, Except: testedApart()})
}

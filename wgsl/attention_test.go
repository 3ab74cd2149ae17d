//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// TestAttention compares attention and its backward pass with the CPU's.
func TestAttention(t *testing.T) {
	kerneltest.Run(t, open(t, Options{}), cpu.NewPlain(), kerneltest.Options{
		Large: !testing.Short(), Kernels: []string{"Attention", "AttentionBackward"}})
}

// TestProductsSplit lowers the limits so that products and attention are split.
func TestProductsSplit(t *testing.T) {
	const words = 1 << 16
	d := open(t, Options{MaxBindingBytes: 4 * words, MaxWorkgroups: 37})
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{BindingWords: words,
		Kernels: []string{"MatMul", "Attention", "AttentionBackward"}})
}

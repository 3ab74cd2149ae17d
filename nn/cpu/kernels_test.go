package cpu_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// The fast device against the plain loops. -short leaves out the sizes of the models.
func TestKernels(t *testing.T) {
	kerneltest.Run(t, cpu.New(3), cpu.NewPlain(), kerneltest.Options{Large: !testing.Short(), BindingWords: 1 << 14})
}

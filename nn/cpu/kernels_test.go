package cpu

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// TestKernels compares the fast device with the plain loops; with -short, without the sizes of the models.
func TestKernels(t *testing.T) {
	kerneltest.Run(t, New(3), NewPlain(), kerneltest.Options{Large: !testing.Short(), BindingWords: 1 << 14})
}

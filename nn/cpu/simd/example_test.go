package simd_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// The same functions at every level; Detect picks the best one of this machine.
func Example() {
	fast, err := simd.Level("auto")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []simd.Kernels{simd.Plain(), fast} {
		x := []float32{-1, 2, -3, 4}
		k.ReLU(x, x)
		fmt.Println(x)
	}
	// Output:
	// [0 2 0 4]
	// [0 2 0 4]
}

package backend_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// A call that breaks the contract is a programmer's error: Check, which every device calls first, panics and says what is
// wrong.
func ExampleMatMul_Check() {
	dev := cpu.New(1)
	defer func() { fmt.Println(recover()) }()
	backend.MatMul{A: dev.Alloc(4), B: dev.Alloc(4), C: dev.Alloc(3), M: 2, N: 2, K: 2, Batch: 1}.Check()
	// Output: backend.MatMul: got 3 words in C, want 4 from word 0
}

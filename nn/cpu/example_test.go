package cpu_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// One kernel on the CPU: buffers in, an argument struct, and the result read back.
func Example() {
	dev := cpu.New(1)
	defer dev.Close()
	a, b, c := dev.Alloc(4), dev.Alloc(4), dev.Alloc(4)
	dev.Write(a, 0, []float32{1, 2, 3, 4})
	dev.Write(b, 0, []float32{0, 1, 1, 0})
	dev.MatMul(backend.MatMul{A: a, B: b, C: c, M: 2, N: 2, K: 2, Batch: 1})
	out := make([]float32, 4)
	if err := dev.Read(c, 0, out); err != nil {
		log.Fatal(err)
	}
	fmt.Println(out)
	// Output: [2 1 4 3]
}

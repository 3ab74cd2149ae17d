package convnext_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/convnext"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// The memory encoder turns features at stride 16 and the mask of every object (as logits at image size) into a
// slice's memory.
func ExampleMemoryEncoder() {
	dev := cpu.New(1)
	params := nn.NewParams(dev)
	encoder := convnext.NewMemoryEncoder(params, 32, 8, 2) // width 32, memory width 8, two blocks
	params.Initialize(1)

	g := nn.NewGraph(dev)
	features := encoder.Project(g, g.Zeros(1, 4, 4, 32)) // shared by the objects
	masks := g.Zeros(3, 64, 64, 1)                       // three objects
	fmt.Println(encoder.Forward(g, features, masks).Shape)
	// Output: [3 4 4 8]
}

package nn_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// Tensors that are made within a scope are gone at its end, unless it returns them.
func ExampleGraph_Scoped() {
	g := nn.NewGraph(cpu.New(1))
	x := g.Upload([]float32{1, 2, 3, 4}, 2, 2)
	var y *nn.Tensor
	g.Scoped(func() []*nn.Tensor {
		doubled := g.Add(x, x) // freed
		y = g.Add(doubled, x)
		return []*nn.Tensor{y}
	})
	values, err := g.Read(y)
	fmt.Println(y.Shape, values, err)
	// Output: [2 2] [3 6 9 12] <nil>
}

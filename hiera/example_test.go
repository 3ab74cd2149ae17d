package hiera_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// The trunk turns an image into features at four strides; the neck merges them into one width. The weights here are
// random; a model's come from a checkpoint, under the same names.
func Example() {
	dev := cpu.New(1)
	params := nn.NewParams(dev)
	trunk := hiera.NewTrunk(params.In("trunk"), hiera.Nano())
	neck := hiera.NewNeck(params.In("neck"), hiera.Nano().Channels(), 64)
	params.Initialize(1)

	g := nn.NewGraph(dev)
	stages := trunk.Forward(g, g.Zeros(1, 128, 128, 3))
	for i, s := range stages {
		fmt.Println("stride", 4<<i, s.Shape)
	}
	fmt.Println("top of the neck", neck.Top(g, stages).Shape)
	// Output:
	// stride 4 [1 32 32 32]
	// stride 8 [1 16 16 64]
	// stride 16 [1 8 8 128]
	// stride 32 [1 4 4 256]
	// top of the neck [1 8 8 64]
}

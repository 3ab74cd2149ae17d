package wgsl_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// A program that takes the GPU if there is one, and the CPU otherwise; everything after that is the same.
func ExampleOpen() {
	var dev backend.Device
	if gpu, err := wgsl.Open(wgsl.Options{}); err == nil {
		dev = gpu
	} else { // no GPU that fits, or built without cgo: err says which
		dev = cpu.New(0)
	}
	defer dev.Close()

	g := nn.NewGraph(dev)
	sum := g.Add(g.Upload([]float32{1, 2, 3}, 3), g.Upload([]float32{10, 20, 30}, 3))
	values, err := g.Read(sum)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(values)
	// Output: [11 22 33]
}

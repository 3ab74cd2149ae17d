package decoder_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// The heads turn a slice's features and a prompt into a mask, a predicted IoU, a score for whether the object is
// present, and an object pointer. The weights here are random, so only the shapes are meaningful.
func ExampleHeads() {
	dev := cpu.New(1)
	params := nn.NewParams(dev)
	const size, width, grid = 64, 32, 4 // image side, channels, side of the features at stride 16
	heads := decoder.NewHeads(params, size, width)
	params.Initialize(1)

	g := nn.NewGraph(dev)
	features := decoder.Features{
		Image: g.Zeros(1, grid*grid, width),
		S0:    g.Zeros(1, 4*grid, 4*grid, width/8),
		S1:    g.Zeros(1, 2*grid, 2*grid, width/4),
	}
	click := []decoder.Point{{X: 20, Y: 30, Label: decoder.Positive}}
	result, err := heads.Decode(g, features, 1, decoder.Prompts{Points: [][]decoder.Point{click}, Multi: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("candidates", result.Candidates(g).Shape, "mask", result.LowRes.Shape, "pointer", result.Pointer.Shape)
	// Output: candidates [1 3 16 16] mask [1 1 16 16] pointer [1 32]
}

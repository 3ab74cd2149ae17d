// Widen doubles the channels of a model's refiner without changing its output, so that training can continue from there
// (Net2WiderNet; Chen et al., ICLR 2016, arXiv 1511.05641). Every channel appears twice, and whatever reads the pair splits
// its weights between the two at random, so that they learn to differ.
//
//	go run ./internal/nano/widen nano wide.safetensors # replaces wide.safetensors
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/nano/weights"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// seed of the split, and the standard deviation of a channel's share around one half.
const seed, differ = 17, 0.5

func main() {
	log.SetFlags(0)
	log.SetPrefix("widen: ")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: widen IN OUT")
	}
	if err := widen(flag.Arg(0), flag.Arg(1)); err != nil {
		log.Fatal(err)
	}
}

func widen(in, out string) error {
	f, c, err := weights.Find(in)
	if err != nil {
		return err
	}
	if !c.Prior {
		return fmt.Errorf("%s has no refiner", in)
	}
	c.RefinerWidth = 2 * c.Refiner()
	wide, err := slmsam.New(cpu.New(0), c)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	var state []checkpoint.Named
	for _, p := range wide.Params.All() {
		t := f.Tensors[p.Name]
		if t == nil {
			return fmt.Errorf("%s has no %s", in, p.Name)
		}
		if strings.HasPrefix(p.Name, "prior.refiner.") {
			t = doubled(t, p.Shape, readFirst(p.Name), rng)
		}
		state = append(state, checkpoint.Named{Name: p.Name, Tensor: t})
	}
	return weights.Write(out, state, c, f.Metadata)
}

// readFirst reports whether a parameter's first axis holds the channels that it reads. It is the second axis except in
// transposed convolutions.
func readFirst(name string) bool { return name == "prior.refiner.mask.weight" }

// doubled returns t [A,..] or [A,B,..] with every axis doubled where shape is twice as long: written channels are repeated,
// and the weights of read channels are split.
func doubled(t *checkpoint.Tensor, shape []int, readFirst bool, rng *rand.Rand) *checkpoint.Tensor {
	read := 1
	if readFirst {
		read = 0
	}
	data, outer := t.Data, 1
	for axis, n := range t.Shape {
		if shape[axis] == 2*n {
			inner := len(data) / (outer * n) // what lies behind an index of the axis
			out := make([]float32, 0, 2*len(data))
			for ; len(data) > 0; data = data[n*inner:] {
				first, second := make([]float32, n*inner), make([]float32, n*inner)
				for i, v := range data[:n*inner] {
					first[i], second[i] = v, v
					if axis == read {
						first[i] = v * float32(0.5+differ*rng.NormFloat64())
						second[i] = v - first[i]
					}
				}
				out = append(append(out, first...), second...)
			}
			data = out
		}
		outer *= shape[axis]
	}
	return checkpoint.NewF32(data, shape...)
}

// Probe puts a model to the tests that a design must pass before a long training (docs/nano.md):
//
//	go run ./internal/nano/probe                                                   # the built-in model
//	go run ./internal/nano/probe -checkpoint runs/nano/last.safetensors
//	go run ./internal/nano/probe -checkpoint run/last.safetensors -case cases.csv  # DSC by distance on its first object
//	go run ./internal/nano/probe -checkpoint network.safetensors -case cases.csv -overfit runs/overfit -resolution 128
//
// still: a volume that repeats the outlined slice. moving: the object and its surroundings shift and grow slowly. back:
// it is gone for three slices, then there again. gap: outlines at both ends of a moving volume, what lies between is
// asked for. overfit: one object of one volume is learned until copying and flow are beaten at every distance. Each is made of slices of generated volumes, and of real ones with -data.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("probe: ")
	path := flag.String("checkpoint", nano.Name, "weights")
	data := flag.String("data", "", "CSV file of real volumes (image,label,name), one object of each; empty for generated ones")
	one := flag.String("case", "", "CSV file whose first volume's first object is followed: DSC by distance, beside a copy of the outline and its flow")
	into := flag.String("overfit", "", "folder for a training on the object of -case alone, until it is followed better than by copy and flow at every distance")
	recipe := flag.String("recipe", "docs/nano/overfit.json", "of that training")
	resolution := flag.Int("resolution", 0, "side of the model's input in that training (default: the model's)")
	each := flag.Int("each", 50, "steps of that training between trials")
	count := flag.Int("n", 8, "generated volumes")
	flag.Parse()
	var err error
	switch start := (train.StartOptions{Init: *path, Resolution: *resolution}); {
	case *into == "":
		err = run(*path, *data, *one, *count)
	case *one == "" || *each < 1:
		log.Fatal("-overfit needs -case, and -each of at least 1")
	default:
		err = overfit(start, *one, *recipe, *into, *each)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(path, data, one string, count int) error {
	model, err := slmsam.Open(cpu.New(0), path)
	if err != nil {
		return err
	}
	p := &prober{model}
	if one != "" {
		return p.distances(one)
	}
	var source train.Source = train.NewGenerated(2000003, count)
	step := train.NewGenerated(0, 1).Reuse
	if data != "" {
		if source, err = train.Open(data, train.CaseOptions{Axis: -1}); err != nil {
			return err
		}
		step = 1
	}
	return p.tests(source, step)
}

// prober runs a model.
type prober struct{ model *slmsam.Model }

// follow carries an object's masks on the given slices through a case and returns its masks by slice.
func (p *prober) follow(c *train.Case, outlined []int, opt slmsam.Options) ([][]bool, error) {
	r := slmsam.Request{Slices: c.Slices(), Options: opt}
	for _, z := range outlined {
		r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: z, Object: 1, Mask: c.Mask(z, 0)})
	}
	result, err := p.model.Segment(context.Background(), r)
	if err != nil {
		return nil, err
	}
	found := make([][]bool, c.Len())
	for z := range found {
		found[z] = slmsam.MaskOf(result.Labels.Slice(r.Slices.Axis, z), 1)
	}
	return found, nil
}

// tests runs every test on one object of every volume and prints means.
func (p *prober) tests(source train.Source, step int) error {
	sums, n := map[string][]float64{}, 0
	for i := 0; i < source.Len(); i += step {
		c, err := source.Case(i)
		if err != nil {
			return err
		}
		o, ok := drawn(c)
		if !ok {
			continue
		}
		n++
		for _, t := range []scene{still(o), moving(o), back(o), gap(o)} {
			scores, err := p.score(t)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", t.name, c.Name, err)
			}
			if sums[t.name] == nil {
				sums[t.name] = make([]float64, len(scores))
			}
			for k, s := range scores {
				sums[t.name][k] += s
			}
		}
	}
	fmt.Printf("%d objects; DSC by slice (1 on a slice without the object: nothing found)\n", n)
	for _, name := range []string{"still", "moving", "back", "gap"} {
		fmt.Printf("%-7s", name)
		for _, s := range sums[name] {
			fmt.Printf(" %.3f", s/float64(n))
		}
		fmt.Println()
	}
	return nil
}

// score propagates a scene and returns the DSC of its slices but the outlined ones.
func (p *prober) score(s scene) ([]float64, error) {
	found, err := p.follow(s.of, s.outlined, slmsam.Options{})
	if err != nil {
		return nil, err
	}
	var out []float64
	for z := range found {
		if !s.isOutlined(z) {
			out = append(out, eval.Overlap(found[z], s.of.Mask(z, 0)))
		}
	}
	return out, nil
}

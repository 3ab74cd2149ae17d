// Graft turns weights of a model without a prior into the start of one with a prior (slmsam.Config.Prior): the masks
// are the prior's and the scores the evidence's until training says more, or those of weights whose prior was trained, at
// whatever size; all else is taken over.
//
//	go run ./internal/nano/graft [-alone] [-prior TRAINED.safetensors] IN.safetensors OUT.safetensors
//
// With -off it goes the other way: what is left is the network, which finds masks by itself as it did before it had a prior.
// With -long its short memory goes, too, and it has the parts of a SAM 2: the start of a fair comparison of memories
// (docs/finetuning.md).
//
//	go run ./internal/nano/graft -off [-long] nano network.safetensors
package main

import (
	"flag"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/nano/weights"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// seed of the parameters that are new.
const seed = 41

// patches is the layer that sees the pixels: [C,3,7,7] in checkpoint layout.
const patches = "image_encoder.trunk.patch_embed.proj.weight"

func main() {
	log.SetFlags(0)
	log.SetPrefix("graft: ")
	alone := flag.Bool("alone", false, "leave the network out (Config.PriorAlone)")
	off := flag.Bool("off", false, "take the prior off")
	long := flag.Bool("long", false, "with -off: leave the short memory out")
	trained := flag.String("prior", "", "take what corrects the prior from these weights")
	flag.Parse()
	if flag.NArg() != 2 || *alone && *off || *long && !*off || *trained != "" && *off {
		log.Fatal("usage: graft [-alone] [-prior TRAINED] IN OUT, or graft -off [-long] IN OUT")
	}
	do := func(in, out string) error { return graft(in, out, *alone, *trained) }
	if *off {
		do = func(in, out string) error { return takeOff(in, out, *long) }
	}
	if err := do(flag.Arg(0), flag.Arg(1)); err != nil {
		log.Fatal(err)
	}
}

// takeOff writes a model without its prior: the network's parameters, unchanged, or those of a SAM 2 among them.
func takeOff(in, out string, long bool) error {
	f, c, err := weights.Find(in)
	if err != nil {
		return err
	}
	if !c.Prior {
		return fmt.Errorf("%s has no prior to take off", in)
	}
	c.Prior, c.PriorAlone, c.PresenceApart = false, false, false
	if long && c.Trained != nil { // not with what is left of the memory
		c.Trained = &slmsam.Trained{Prompts: c.Trained.Prompts}
	}
	m, err := slmsam.New(cpu.New(0), c)
	if err != nil {
		return err
	}
	var kept []checkpoint.Named
	for _, p := range m.Params.All() {
		if long && checkpoint.IsShortMemory(p.Name) {
			continue
		}
		t := f.Tensors[p.Name]
		if t == nil {
			return fmt.Errorf("%s has no %s", in, p.Name)
		}
		kept = append(kept, checkpoint.Named{Name: p.Name, Tensor: t})
	}
	return weights.Write(out, kept, c, f.Metadata)
}

func graft(in, out string, alone bool, trained string) error {
	f, err := checkpoint.Read(in)
	if err != nil {
		return err
	}
	c, err := slmsam.ConfigOf(f)
	if err != nil {
		return err
	}
	c.Prior, c.PriorAlone, c.PresenceApart = true, alone, false
	prior := &checkpoint.File{}
	if trained != "" {
		var of slmsam.Config
		if prior, of, err = weights.Find(trained); err != nil {
			return err
		}
		c.PresenceApart, c.RefinerWidth = of.PresenceApart, of.RefinerWidth
	}
	if alone { // the network was not trained well enough to use its clicks
		c.Trained = (&slmsam.Trained{}).With([]string{slmsam.PromptMask, slmsam.PromptBox}, c.Memory)
	}
	m, err := slmsam.New(cpu.New(0), c)
	if err != nil {
		return err
	}
	if err := m.Initialize(seed); err != nil {
		return err
	}
	fresh, err := m.State()
	if err != nil {
		return err
	}
	for i, p := range fresh {
		old := f.Tensors[p.Name]
		if strings.HasPrefix(p.Name, "prior.") {
			old = prior.Tensors[p.Name]
		}
		switch {
		case old == nil || !alone && corrected(p.Name): // alone, the decoder corrects nothing and goes on finding points
		case p.Name == patches:
			fresh[i].Tensor = checkpoint.NewF32(onGray(old.Data, old.Shape), old.Shape...)
		default:
			fresh[i].Tensor = old
		}
	}
	return weights.Write(out, fresh, c, f.Metadata)
}

// corrected says whether a layer is to correct the prior: it starts at nothing.
func corrected(name string) bool {
	return slices.ContainsFunc(slmsam.Corrections(), func(layer string) bool { return strings.HasPrefix(name, layer+".") })
}

// onGray sums the weights of the three equal channels of a gray picture into the first: a model with a prior is shown
// other things in the second and third.
func onGray(w []float32, shape []int) []float32 {
	out := make([]float32, len(w))
	pixels := shape[2] * shape[3]
	for c := range shape[0] {
		for k := range shape[1] {
			for i := range pixels {
				out[c*shape[1]*pixels+i] += w[(c*shape[1]+k)*pixels+i]
			}
		}
	}
	return out
}

// Graft turns weights of a model without a prior into the start of one with a prior (slmsam.Config.Prior): the masks
// are the prior's and the scores the evidence's until training says more; all else is taken over.
//
//	go run ./internal/nano/graft [-alone] IN.safetensors OUT.safetensors
package main

import (
	"encoding/json"
	"flag"
	"log"
	"maps"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// seed of the parameters that are new.
const seed = 41

// patches is the layer that sees the pixels: [C,3,7,7] in checkpoint layout.
const patches = "image_encoder.trunk.patch_embed.proj.weight"

func main() {
	log.SetFlags(0)
	log.SetPrefix("graft: ")
	alone := flag.Bool("alone", false, "leave the network out but for clicks (Config.PriorAlone)")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: graft [-alone] IN OUT")
	}
	if err := graft(flag.Arg(0), flag.Arg(1), *alone); err != nil {
		log.Fatal(err)
	}
}

func graft(in, out string, alone bool) error {
	f, err := checkpoint.Read(in)
	if err != nil {
		return err
	}
	c, err := slmsam.ConfigOf(f)
	if err != nil {
		return err
	}
	c.Prior, c.PriorAlone = true, alone
	if alone { // clicks find next to nothing (docs/nano.md)
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
		switch {
		case old == nil || !alone && corrected(p.Name): // alone, the decoder corrects nothing and goes on finding points
		case p.Name == patches:
			fresh[i].Tensor = checkpoint.NewF32(onGray(old.Data, old.Shape), old.Shape...)
		default:
			fresh[i].Tensor = old
		}
	}
	config, err := json.Marshal(c)
	if err != nil {
		return err
	}
	meta := maps.Clone(f.Metadata)
	meta[slmsam.MetadataConfig] = string(config)
	return checkpoint.WriteSafetensors(out, fresh, meta, checkpoint.Options{Force: true})
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

// Precision compares the masks of another precision with those of f32 (docs/performance.md):
//
//	go run ./internal/precision -data cases.csv                       # the built-in model's network, without its prior
//	go run ./internal/precision -data cases.csv -checkpoint tiny
//	go run ./internal/precision -data cases.csv -device software -with f16
//
// cases.csv has the columns image,label,name. Every object is outlined on its central slice and carried through its volume
// twice. A line per object: the Dice coefficient of the two results, and those of each with the truth.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("precision: ")
	path := flag.String("checkpoint", nano.Name, "weights")
	data := flag.String("data", "", "CSV file of volumes (image,label,name)")
	prior := flag.Bool("prior", false, "leave the prior in, if the model has one")
	device := flag.String("device", "cpu", "what computes: cpu, gpu or software")
	with := flag.String("with", "bf16", "the other precision")
	flag.Parse()
	if err := run(*path, *data, *device, *with, *prior); err != nil {
		log.Fatal(err)
	}
}

func run(path, data, device, with string, prior bool) error {
	source, err := train.Open(data, train.CaseOptions{Axis: -1})
	if err != nil {
		return err
	}
	var models []*slmsam.Model
	for _, p := range []string{"f32", with} {
		dev, _, err := slmsam.OpenDevice(slmsam.DeviceOptions{Kind: device, Precision: p})
		if err != nil {
			return err
		}
		defer dev.Close()
		m, err := slmsam.Open(dev, path)
		if err != nil {
			return err
		}
		if !prior {
			m.Config.Prior, m.Config.PriorAlone = false, false
		}
		models = append(models, m)
	}
	var all []compared
	for i := range source.Len() {
		c, err := source.Case(i)
		if err != nil {
			return err
		}
		found, err := compare(models, c, with)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		all = append(all, found...)
	}
	summarize(all, with)
	return nil
}

// compared is an object in both precisions.
type compared struct {
	both   float64    // DSC of one with the other
	truth  [2]float64 // and with the truth
	voxels int        // that differ
}

func compare(models []*slmsam.Model, c *train.Case, with string) ([]compared, error) {
	truth := c.LabelMap()
	prompts, _, err := slmsam.Outlines(truth, c.Slices().Axis, slmsam.Selection{Central: true})
	if err != nil {
		return nil, err
	}
	var maps []*volume.LabelMap
	for _, m := range models {
		r, err := m.Segment(context.Background(), slmsam.Request{Slices: c.Slices(), Prompts: prompts})
		if err != nil {
			return nil, err
		}
		maps = append(maps, r.Labels)
	}
	var out []compared
	for _, p := range prompts {
		label := int32(p.Object)
		a, b, t := maskOf(maps[0], label), maskOf(maps[1], label), maskOf(truth, label)
		o := compared{both: eval.Overlap(a, b), truth: [2]float64{eval.Overlap(a, t), eval.Overlap(b, t)}}
		for i := range a {
			if a[i] != b[i] {
				o.voxels++
			}
		}
		fmt.Printf("%-32s label %2d: f32 with %s %.4f (%d voxels differ), truth with f32 %.4f, with %s %.4f\n", c.Name, label, with, o.both, o.voxels, o.truth[0], with, o.truth[1])
		out = append(out, o)
	}
	return out, nil
}

// maskOf is a label of a volume.
func maskOf(l *volume.LabelMap, label int32) []bool {
	var mask []bool
	for z := range l.Dim[2] {
		mask = append(mask, slmsam.MaskOf(l.Slice(2, z), int(label))...)
	}
	return mask
}

func summarize(all []compared, with string) {
	slices.SortFunc(all, func(a, b compared) int {
		if a.both < b.both {
			return -1
		}
		return 1
	})
	var sum compared
	for _, o := range all {
		sum.both += o.both
		sum.truth[0] += o.truth[0]
		sum.truth[1] += o.truth[1]
	}
	n := float64(len(all))
	fmt.Printf("%d objects: f32 with %s mean %.4f, median %.4f, least %.4f; truth with f32 %.4f, with %s %.4f\n",
		len(all), with, sum.both/n, all[len(all)/2].both, all[0].both, sum.truth[0]/n, with, sum.truth[1]/n)
}

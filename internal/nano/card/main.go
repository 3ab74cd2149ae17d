// Card measures the built-in model for its card, docs/nano.md: models and two trivial baselines carry each
// object's central slice through volumes that nothing was trained on.
//
//	go run ./internal/nano/card -generated 20 -data unseen.csv -o card nano=nano nano_M7=runs/m7/last.safetensors
//
// Each argument is NAME=CHECKPOINT[,MEMORY[,CROP]]; the checkpoint nano is the built-in one. Scores count all slices
// and, in a second table for real volumes, those from the label's first to its last: some annotations stop short of
// the organ.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
)

func main() {
	log.SetFlags(0)
	generated := flag.Int("generated", 20, "generated volumes to measure on; 0 for none")
	seed := flag.Uint64("seed", 1000003, "seed of the generated volumes; training used others")
	data := flag.String("data", "", "CSV file of real volumes (image,label,name)")
	out := flag.String("o", "card", "folder for label maps and tables")
	same := flag.String("same", "", "two methods A,B whose label maps are compared voxel by voxel")
	samples := flag.String("samples", "", "PNG file to draw generated volumes to")
	flag.Parse()
	if *samples != "" {
		if err := drawSamples(*samples, train.NewGenerated(*seed, *generated), *generated); err != nil {
			log.Fatal(err)
		}
	}
	c := card{dir: *out, same: strings.Split(*same, ","), methods: []method{{"copy", copyPrompt}, {"copy_while_alike", copyWhileAlike}}}
	for _, arg := range flag.Args() {
		m, err := modelMethod(arg)
		if err != nil {
			log.Fatal(err)
		}
		c.methods = append(c.methods, m)
	}
	if *generated > 0 {
		if err := c.measure("generated", train.NewGenerated(*seed, *generated), eval.ScopeAll); err != nil {
			log.Fatal(err)
		}
	}
	if *data == "" {
		return
	}
	real, err := train.Open(*data, train.CaseOptions{Axis: -1})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.measure("real", real, eval.ScopeAll, eval.ScopeSpan); err != nil {
		log.Fatal(err)
	}
}

// method fills labels with a case's objects, given each one's central slice.
type method struct {
	name string
	run  func(c *train.Case, prompts []slmsam.Prompt, labels *volume.LabelMap) error
}

type card struct {
	dir     string
	methods []method
	same    []string // two methods to compare, or one empty name
}

// sliceAxis is the axis of a case's label map across which its slices lie.
const sliceAxis = 2

// measure runs every method on every case of a source and prints a table for each scope.
func (c card) measure(name string, source train.Source, scopes ...eval.Scope) error {
	root := filepath.Join(c.dir, name)
	step := 1
	if g, ok := source.(*train.Generated); ok {
		step = g.Reuse
	}
	study := eval.Study{Truth: filepath.Join(root, "truth"), Axis: "2", Prompt: eval.PromptExclude,
		ToleranceMM: eval.DefaultToleranceMM}
	compared := comparison{names: c.same}
	for i := 0; i < source.Len(); i += step {
		of, err := source.Case(i)
		if err != nil {
			return err
		}
		file := strings.ReplaceAll(of.Name, " ", "_") + ".nii.gz"
		truth := of.LabelMap()
		if err := write(filepath.Join(study.Truth, file), truth); err != nil {
			return err
		}
		prompts, _, err := slmsam.Outlines(truth, sliceAxis, slmsam.Selection{Central: true})
		if err != nil {
			return err
		}
		maps, err := c.run(root, file, of, truth, prompts)
		if err != nil {
			return err
		}
		compared.add(maps)
		log.Printf("%s: %s", name, of.Name)
	}
	compared.print(name)
	for _, m := range c.methods {
		study.Methods = append(study.Methods, eval.Method{Name: m.name, Dir: filepath.Join(root, m.name)})
	}
	for _, scope := range scopes {
		study.Scope = scope
		result, err := eval.Evaluate(context.Background(), study)
		if err != nil {
			return err
		}
		fmt.Printf("\n## %s, scope %s\n\n", name, scope)
		if err := result.WriteMarkdown(os.Stdout); err != nil {
			return err
		}
		if _, err := result.WriteReport(filepath.Join(root, "report-"+string(scope))); err != nil {
			return err
		}
	}
	return nil
}

// run lets every method label a case and writes the label maps below root; it returns them by method.
func (c card) run(root, file string, of *train.Case, truth *volume.LabelMap, prompts []slmsam.Prompt) (map[string][]int32, error) {
	maps := map[string][]int32{}
	for _, m := range c.methods {
		labels := &volume.LabelMap{Dim: truth.Dim, Geom: truth.Geom, Data: make([]int32, len(truth.Data))}
		if err := m.run(of, prompts, labels); err != nil {
			return nil, fmt.Errorf("%s on %s: %w", m.name, of.Name, err)
		}
		if err := write(filepath.Join(root, m.name, file), labels); err != nil {
			return nil, err
		}
		maps[m.name] = labels.Data
	}
	return maps, nil
}

// comparison counts the voxels in which two methods differ.
type comparison struct {
	names          []string // two, or nothing is compared
	differ, voxels int
}

func (c *comparison) add(maps map[string][]int32) {
	if len(c.names) != 2 {
		return
	}
	a, b := maps[c.names[0]], maps[c.names[1]]
	if a == nil || b == nil {
		log.Fatalf("card: -same %s: want the names of two methods", strings.Join(c.names, ","))
	}
	c.voxels += len(a)
	for i := range a {
		if a[i] != b[i] {
			c.differ++
		}
	}
}

func (c *comparison) print(source string) {
	if len(c.names) == 2 {
		log.Printf("%s: %s and %s differ in %d of %d voxels (%.2g)", source, c.names[0], c.names[1], c.differ, c.voxels,
			float64(c.differ)/float64(c.voxels))
	}
}

func write(path string, l *volume.LabelMap) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return volume.WriteLabelMap(path, l, volume.WriteOptions{Force: true})
}

// modelMethod makes a method of NAME=CHECKPOINT[,MEMORY[,CROP]].
func modelMethod(arg string) (method, error) {
	name, rest, ok := strings.Cut(arg, "=")
	if !ok {
		return method{}, fmt.Errorf("card: %q: want NAME=CHECKPOINT[,MEMORY[,CROP]]", arg)
	}
	path, settings, _ := strings.Cut(rest, ",")
	memory, crop, _ := strings.Cut(settings, ",")
	m, err := slmsam.Open(cpu.New(0), path)
	if err != nil {
		return method{}, err
	}
	opt := slmsam.Options{Untrained: true}
	if memory != "" {
		if opt.Memory, err = slmsam.ParseMemory(memory); err != nil {
			return method{}, err
		}
	}
	if crop != "" {
		if opt.Crop, err = strconv.ParseFloat(crop, 64); err != nil {
			return method{}, err
		}
	}
	return method{name, func(c *train.Case, prompts []slmsam.Prompt, labels *volume.LabelMap) error {
		result, err := m.Segment(context.Background(), slmsam.Request{Slices: c.Slices(), Prompts: prompts, Options: opt})
		if err == nil {
			copy(labels.Data, result.Labels.Data)
		}
		return err
	}}, nil
}

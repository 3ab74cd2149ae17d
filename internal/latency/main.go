// Command latency measures what an annotator waits for: it draws outlines on a made-up CT in a project, as the page does, and
// takes the times until slices are shown. docs/serve.md and docs/performance.md have its figures.
//
//	go run ./internal/latency
//	go run ./internal/latency -preset tiny -slices 11 [-cache 0]
//
// With -check it fails where the promised times of the built-in model are missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/volume"
)

// What is promised of the built-in model on 100 slices of 256 x 256 pixels, on two cores.
const (
	mostFirst      = 300 * time.Millisecond // until the first neighbor is shown
	mostWhole      = 8 * time.Second        // until the whole volume is
	mostCorrection = time.Second            // of one slice between outlines 10 apart
)

func main() {
	preset := flag.String("preset", "", "a model of this shape with random weights instead of the built-in one")
	side := flag.Int("side", 256, "pixels along the sides of a slice")
	n := flag.Int("slices", 100, "slices, at least 11")
	cache := flag.Int64("cache", 4<<30, "bytes of memory for features; 0: keep none")
	check := flag.Bool("check", false, "fail where a promised time is missed")
	flag.Parse()
	if flag.NArg() > 0 || *n < 11 || *side < 32 {
		flag.Usage()
		os.Exit(2)
	}
	dev, _, err := slmsam.OpenDevice(slmsam.DeviceOptions{Kind: "cpu"})
	if err != nil {
		log.Fatal(err)
	}
	defer dev.Close()
	model, err := open(dev, *preset)
	if err != nil {
		log.Fatal(err)
	}
	if *cache > 0 {
		model.Features = slmsam.NewFeatures(slmsam.FeatureBudget{Memory: *cache})
	}
	missed, err := measure(model, dev.Name(), *side, *n, *preset == "")
	if err != nil {
		log.Fatal(err)
	}
	if missed && *check {
		log.Fatal("a promised time was missed")
	}
}

// open is the built-in model, or one of a preset's shape with random weights.
func open(dev backend.Device, preset string) (*slmsam.Model, error) {
	if preset == "" {
		return slmsam.Open(dev, "nano")
	}
	config, err := slmsam.Preset(preset)
	if err != nil {
		return nil, err
	}
	m, err := slmsam.New(dev, config)
	if err != nil {
		return nil, err
	}
	m.Weights = "random, seed 1"
	return m, m.Initialize(1)
}

// bench is a document that is annotated.
type bench struct {
	model    *slmsam.Model
	project  *project.Project
	document *project.Document
	watch    *project.Watch
	side, n  int
	planes   [][]uint8 // as they are now, by slice
	drawings int
	promised bool // of this model
	missed   bool
}

func measure(m *slmsam.Model, dev string, side, n int, promised bool) (missed bool, err error) {
	dir, err := os.MkdirTemp("", "slmsam-latency-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := volume.WriteVolume(filepath.Join(dir, "ct.nii.gz"), scan(side, n), volume.WriteOptions{}); err != nil {
		return false, err
	}
	f, err := folder.Open(dir, 1<<30)
	if err != nil {
		return false, err
	}
	defer f.Close()
	p, err := project.Open(f, m, annotate.Limits{Voxels: 1 << 30, TotalVoxels: 1 << 30}, slog.New(slog.DiscardHandler))
	if err != nil {
		return false, err
	}
	defer p.Close()
	d, err := p.Document("ct")
	if err != nil {
		return false, err
	}
	b := &bench{model: m, project: p, document: d, watch: d.Watch(), side: side, n: n, promised: promised, planes: make([][]uint8, n)}
	for i := range b.planes {
		b.planes[i] = make([]uint8, side*side)
	}
	fmt.Printf("%d slices of %d x %d pixels, %s\n", n, side, side, dev)
	err = b.all()
	return b.missed, err
}

// all is one annotator's work.
func (b *bench) all() error {
	c := newClock()
	image, release, err := b.project.Image(b.document)
	if err != nil {
		return err
	}
	defer release()
	c.print("open the volume", "")
	slices, order := slmsam.Slices{Volume: image.Volume, Axis: image.Volume.AcquisitionAxis()}, make([]int, b.n)
	if slices.Window, err = b.project.Window(image); err != nil {
		return err
	}
	for i := range order {
		order[i] = i
	}
	c = newClock()
	if err := b.model.Prepare(context.Background(), slices, order); err != nil {
		return err
	}
	c.print("compute the features of all slices ahead", "")

	middle := b.n / 2
	steps := []struct {
		what        string
		label       int
		slices      []int
		first, most time.Duration
	}{
		{"one outline, the whole volume", 1, []int{middle}, mostFirst, mostWhole},
		{"two outlines more, 5 slices to either side", 1, []int{middle - 5, middle + 5}, 0, 0},
		{"a correction between outlines 10 apart", 1, []int{middle}, mostFirst, mostCorrection},
		{"a second object, the whole volume", 2, []int{middle}, 0, 0},
	}
	for _, s := range steps {
		c := newClock()
		first, whole, err := b.step(s.label, s.slices)
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		late := b.promised && (s.first > 0 && first > s.first || s.most > 0 && whole > s.most)
		b.missed = b.missed || late
		note := fmt.Sprintf(", the first slice after %.2f s", first.Seconds())
		if late {
			note += fmt.Sprintf(": missed, want %v and %v", s.first, s.most)
		}
		c.print(s.what, note)
	}
	return nil
}

// step draws a label on slices and propagates; it returns the time until the first other slice was shown, and until all
// were.
func (b *bench) step(label int, on []int) (first, whole time.Duration, err error) {
	drawn := map[int]bool{}
	for _, slice := range on {
		drawn[slice] = true
		plane(b.planes[slice], label, b.side, slice, b.n)
		b.drawings++
		b.planes[slice][b.drawings] = uint8(label) // a pixel more each time: a drawing of what is there already is no change
		named := map[int]project.Object{label: {Name: fmt.Sprint("organ ", label), Color: "#e69f00"}}
		if _, err := b.document.Draw(project.Author{Name: "bench", Base: 1 << 30}, slice, project.EncodePlane(b.planes[slice]), named); err != nil {
			return 0, 0, err
		}
	}
	asked := time.Now()
	if err := b.project.Propagate(b.document, "bench", project.Run{}); err != nil {
		return 0, 0, err
	}
	for e := range b.watch.Events {
		switch {
		case e.Type == "slice":
			if !drawn[e.Slice] && first == 0 {
				first = time.Since(asked)
			}
			if b.planes[e.Slice], err = project.DecodePlane(e.Plane, b.side*b.side); err != nil {
				return 0, 0, err
			}
		case e.Type == "job" && e.State == "done":
			return first, time.Since(asked), nil
		case e.Type == "job" && e.State == "failed":
			return 0, 0, errors.New(e.Error)
		}
	}
	return 0, 0, errors.New("the document was closed")
}

// clock takes the time of one piece of work.
type clock struct {
	started time.Time
	used    time.Duration
}

func newClock() clock { return clock{time.Now(), processorTime()} }

// print says how long it took, and how much time of all cores together.
func (c clock) print(what, note string) {
	fmt.Printf("%-44s %7.2f s, of the cores %7.2f s%s\n", what, time.Since(c.started).Seconds(), (processorTime() - c.used).Seconds(), note)
}

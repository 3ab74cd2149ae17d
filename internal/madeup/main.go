// Command madeup writes a dataset of generated volumes in the layout of nnU-Net, each with a mask of one outlined slice:
// what docs/scale.md was measured on, and what the tests in deploy/ run on.
//
//	go run ./internal/madeup -n 200 -o DIR
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/train/phantom"
	"github.com/seed-6f79f512/slmsam/volume"
)

const axis = 2 // across which the slices of a phantom lie

func main() {
	n := flag.Int("n", 8, "volumes")
	side := flag.Int("side", 64, "pixels along the sides of a slice")
	depth := flag.Int("slices", 20, "slices of a volume")
	out := flag.String("o", "", "folder, made if it is not there")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	for i := range *n {
		if err := write(*out, i, *side, *depth); err != nil {
			log.Fatal(err)
		}
	}
}

// write makes one volume with one object, and a mask of the slice on which it is largest.
func write(dir string, index, side, depth int) error {
	c := phantom.Default()
	c.MinSide, c.MaxSide, c.MinDepth, c.MaxDepth, c.MaxObjects = side, side, depth, depth, 1
	made := phantom.Generate(c, 1, index)
	image, truth := made.Volume(), made.LabelMap()
	middle := largestSlice(truth)
	mask := volume.NewLabelMap(image)
	mask.SetSlice(axis, middle, truth.Slice(axis, middle))

	name := fmt.Sprintf("case_%04d", index)
	for _, f := range []struct {
		path  string
		write func(path string) error
	}{
		{filepath.Join(dir, "imagesTs", name+"_0000.nii.gz"), func(p string) error { return volume.WriteVolume(p, image, volume.WriteOptions{Force: true}) }},
		{filepath.Join(dir, "labelsTs", name+".nii.gz"), func(p string) error { return volume.WriteLabelMap(p, mask, volume.WriteOptions{Force: true}) }},
	} {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
			return err
		}
		if err := f.write(f.path); err != nil {
			return err
		}
	}
	return nil
}

// largestSlice is the slice that the label map covers most of.
func largestSlice(l *volume.LabelMap) int {
	best, most := 0, 0
	for i := range l.Dim[axis] {
		n := 0
		for _, label := range l.Slice(axis, i) {
			if label != 0 {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

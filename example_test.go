package slmsam_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
)

// This turns an outline on one slice into a label map of the whole volume. The built-in model, nano, needs no file; others
// are loaded by path or, after being pulled, by name.
func Example() {
	// A bright cylinder along the slices. A real program calls volume.Read("scan.nii.gz").
	dim := [3]int{64, 64, 12}
	scan := &volume.Volume{Dim: dim, Data: make([]float32, 64*64*12), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 4})}
	outline := make([]bool, 64*64)
	for i := range scan.Data {
		x, y := i%64-32, i/64%64-32
		if x*x+y*y < 15*15 {
			scan.Data[i], outline[i%(64*64)] = 100, true
		}
	}

	model, err := slmsam.Open(cpu.New(0), "nano")
	if err != nil {
		log.Fatal(err)
	}
	slices, err := slmsam.SlicesOf(scan)
	if err != nil {
		log.Fatal(err)
	}
	result, err := model.Segment(context.Background(), slmsam.Request{Slices: slices,
		Prompts: []slmsam.Prompt{{Slice: 6, Object: 1, Mask: outline}}})
	if err != nil {
		log.Fatal(err)
	}
	tracked := 0
	for _, f := range result.Objects[0].Slices {
		switch f.State {
		case slmsam.StateOutlined:
			fmt.Println("outlined: slice", f.Slice, "with", f.Area, "pixels")
		case slmsam.StateTracked:
			tracked++
		}
	}
	fmt.Println("tracked:", tracked, "slices")
	// Output:
	// outlined: slice 6 with 697 pixels
	// tracked: 11 slices
}

func ExampleRanges() {
	fmt.Println(slmsam.Ranges([]int{3, 4, 5, 9}))
	// Output: 3-5, 9
}

func ExampleParseMemory() {
	m, err := slmsam.ParseMemory("M7+R1")
	fmt.Println(m.Long, m.Short, err)
	// Output: 7 1 <nil>
}

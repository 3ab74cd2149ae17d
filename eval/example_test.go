package eval_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/volume"
)

// The smallest use scores one label of a prediction.
func ExampleScore() {
	dim := [3]int{4, 1, 1}
	grid := volume.NewGeometry(dim, [3]float64{1, 1, 5}) // mm
	truth := &volume.LabelMap{Dim: dim, Geom: grid, Data: []int32{1, 1, 0, 0}}
	prediction := &volume.LabelMap{Dim: dim, Geom: grid, Data: []int32{0, 1, 1, 0}}
	s, err := eval.Score(truth, prediction, 1, eval.Options{Axis: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("DSC %.2f, ASSD %.2f mm\n", s.DSC, s.ASSDmm)
	// Output: DSC 0.50, ASSD 0.50 mm
}

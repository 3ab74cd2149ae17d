package drawing_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/drawing"
	"github.com/seed-6f79f512/slmsam/volume"
)

// An outline stroke is added to what the object is on the slice so far.
func ExampleDraw() {
	dim := [3]int{4, 3, 2}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 24), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 1})}
	stroke := annotate.Stroke{Kind: annotate.Outline, Axis: 2,
		Region: annotate.Region{Lo: [3]int{1, 1, 0}, Hi: [3]int{3, 2, 1}}, Mask: []bool{true, true}}
	before := make([]bool, 12)
	before[0] = true
	for i, in := range drawing.Draw(v, 2, stroke, before) {
		if in {
			fmt.Printf("(%d,%d) ", i%4, i/4)
		}
	}
	// Output: (0,0) (1,1) (2,1)
}

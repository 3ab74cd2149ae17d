package drawing_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/drawing"
)

// An outline stroke is added to what the object is on the slice so far.
func ExampleCanvas_Draw() {
	stroke := annotate.Stroke{Kind: annotate.Outline, Axis: 2,
		Region: annotate.Region{Lo: [3]int{1, 1, 0}, Hi: [3]int{3, 2, 1}}, Mask: []bool{true, true}}
	canvas := drawing.Canvas{H: 3, W: 4, Axis: 2, Content: make([]bool, 12)}
	canvas.Content[0] = true
	drawn, err := canvas.Draw([]annotate.Stroke{stroke})
	if err != nil {
		log.Fatal(err)
	}
	for i, in := range drawn {
		if in {
			fmt.Printf("(%d,%d) ", i%4, i/4)
		}
	}
	// Output: (0,0) (1,1) (2,1)
}

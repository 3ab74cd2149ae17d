package flow_test

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// A bright disk moves two pixels to the right, so each of its pixels comes from two pixels to the left.
func ExampleBetween() {
	const side = 64
	disk := func(cx int) []uint8 {
		pix := make([]uint8, side*side)
		for i := range pix {
			if dx, dy := i%side-cx, i/side-32; dx*dx+dy*dy < 15*15 {
				pix[i] = uint8(200 - dx*dx/4 - dy*dy/3)
			}
		}
		return pix
	}
	field := flow.Between(disk(32), disk(34), side, side)
	at := 32*side + 40
	fmt.Println(math.Round(float64(field.DX[at])), math.Abs(float64(field.DY[at])) < 0.5)
	// Output: -2 true
}

package annotate_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// What a client painted over a box of voxels becomes one stroke per slice; here two slices across axis 2.
func ExampleStrokesOf() {
	region := annotate.Region{Lo: [3]int{10, 10, 4}, Hi: [3]int{12, 13, 6}}
	painted := make([]bool, 2*3*2)
	for i := range painted {
		painted[i] = true
	}
	for _, s := range annotate.StrokesOf(annotate.Outline, false, region, painted, 2) {
		fmt.Println("across axis", s.Axis, "from", s.Region.Lo, "to", s.Region.Hi, s.Check([3]int{64, 64, 20}))
	}
	// Output:
	// across axis 2 from [10 10 4] to [12 13 5] <nil>
	// across axis 2 from [10 10 5] to [12 13 6] <nil>
}

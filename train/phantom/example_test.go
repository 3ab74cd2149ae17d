package phantom_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/train/phantom"
)

// This makes the volume of slmsam demo, and one of the endless supply that models are trained on.
func Example() {
	abdomen := phantom.Abdomen(1)
	fmt.Println(abdomen.W, abdomen.H, abdomen.D, abdomen.LabelMap().Counts()[phantom.Liver] > 0)
	c := phantom.Generate(phantom.Default(), 1, 0)
	fmt.Println(len(c.Gray) == c.H*c.W*c.D, c.Volume().Dim == [3]int{c.W, c.H, c.D})
	// Output:
	// 192 192 40 true
	// true true
}

package carry_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// An outlined disk is carried to the next slice, where it is slightly larger.
func Example() {
	const side = 64
	slice := func(radius int) (gray []uint8, mask []bool) {
		gray, mask = make([]uint8, side*side), make([]bool, side*side)
		for i := range gray {
			dx, dy := i%side-32, i/side-32
			mask[i] = dx*dx+dy*dy < radius*radius
			gray[i] = uint8(60 + i*7%5)
			if mask[i] {
				gray[i] += 100
			}
		}
		return gray, mask
	}
	gray, outline := slice(14)
	next, truth := slice(16)
	proposal := carry.New(gray, outline, side, 1).Propose(next, flow.Between(gray, next, side, side))
	both, sum := 0, 0
	for i, logit := range proposal.Logits {
		if logit > 0 {
			sum++
		}
		if truth[i] {
			sum++
			if logit > 0 {
				both++
			}
		}
	}
	fmt.Println("DSC above 0.95:", 2*float64(both)/float64(sum) > 0.95)
	// Output: DSC above 0.95: true
}

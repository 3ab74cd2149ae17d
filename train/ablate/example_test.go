package ablate_test

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/train/ablate"
)

// This prints the memory settings and the numbers of training volumes that an ablation compares by default.
func Example() {
	fmt.Println(ablate.Memories())
	for _, volumes := range ablate.Protocols() {
		fmt.Println(ablate.ProtocolName(volumes))
	}
	// Output:
	// [M7 R7 R1 M7+R7 M7+R1]
	// no fine-tuning
	// 5 volumes
	// 1 volume
}

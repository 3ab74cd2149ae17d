package train_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/train"
)

// Recipes are JSON files with every training setting; some are built in.
func ExampleReadRecipe() {
	r, err := train.ReadRecipe("paper")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Frames, "slices in a clip")
	// Output: 8 slices in a clip
}

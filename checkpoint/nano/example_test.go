package nano_test

import (
	"fmt"
	"log"

	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
)

// The built-in weights, as package slmsam loads them under the name "nano".
func ExampleCheckpoint() {
	file, err := nano.Checkpoint()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(file.Format, len(file.Tensors) > 100)
	// Output: safetensors true
}

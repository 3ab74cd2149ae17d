package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/checkpoint"
)

func ExampleWriteSafetensors() {
	dir, err := os.MkdirTemp("", "slmsam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "weights.safetensors")
	state := []checkpoint.Named{{Name: "layer.weight", Tensor: checkpoint.NewF32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)}}
	if err := checkpoint.WriteSafetensors(path, state, map[string]string{"made.by": "an example"}, checkpoint.Options{}); err != nil {
		log.Fatal(err)
	}
	file, err := checkpoint.Read(path)
	if err != nil {
		log.Fatal(err)
	}
	w := file.Tensors["layer.weight"]
	fmt.Println(file.Format, w.Shape, w.Data, file.Metadata["made.by"])
	// Output: safetensors [2 3] [1 2 3 4 5 6] an example
}

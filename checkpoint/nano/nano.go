// Package nano holds the built-in model: a small SLM-SAM 2 for 256 x 256 slices that this project trained from
// scratch on generated and openly licensed volumes, in half precision. docs/nano.md is its model card.
package nano

import (
	_ "embed"

	"github.com/seed-6f79f512/slmsam/checkpoint"
)

//go:embed nano.safetensors
var weights []byte

// Name names the built-in weights, where the path of a file is asked for or shown.
const Name = "nano"

// Checkpoint reads the built-in weights, widened to float32; its metadata holds the configuration.
func Checkpoint() (*checkpoint.File, error) { return checkpoint.Parse(Name, weights) }

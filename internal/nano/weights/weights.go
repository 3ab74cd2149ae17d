// Package weights reads and writes models for the programs beside it.
package weights

import (
	"encoding/json"
	"maps"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
)

// Find reads weights, by path or name, and their configuration.
func Find(name string) (*checkpoint.File, slmsam.Config, error) {
	f, err := slmsam.FindWeights(name)
	if err != nil {
		return nil, slmsam.Config{}, err
	}
	c, err := slmsam.ConfigOf(f)
	return f, c, err
}

// Write writes parameters with a configuration and the other metadata given. It replaces out.
func Write(out string, state []checkpoint.Named, c slmsam.Config, metadata map[string]string) error {
	config, err := json.Marshal(c)
	if err != nil {
		return err
	}
	meta := map[string]string{}
	maps.Copy(meta, metadata)
	meta[slmsam.MetadataConfig] = string(config)
	return checkpoint.WriteSafetensors(out, state, meta, checkpoint.Options{Force: true})
}

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
)

// weightsInfo is a checkpoint as --json prints it.
type weightsInfo struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"` // "checkpoint"
	Format   string `json:"format"`
	SHA256   string `json:"sha256"`
	Official string `json:"official,omitempty"` // name of the published file
	Model    string `json:"model"`              // "SLM-SAM 2", "SAM 2.1", "SAM 2.0" or "unknown"
	Config   any    `json:"config"`             // null if it is unknown
	Keys     int    `json:"keys"`

	SizeAssumed bool              `json:"size_assumed"` // the file does not state the input's size; it is taken to be that of the released models
	Parameters  int               `json:"parameters"`
	DTypes      map[string]int    `json:"dtypes"` // tensors by type
	Metadata    map[string]string `json:"metadata"`
	Skipped     []string          `json:"skipped"`
}

// checkpointInfo shows a checkpoint.
func checkpointInfo(c *console, f *checkpoint.File) error {
	sum, err := f.SHA256()
	if err != nil {
		return err
	}
	w := weightsInfo{Path: f.Path, Kind: "checkpoint", Format: f.Format, SHA256: sum, Keys: len(f.Order), DTypes: map[string]int{},
		Metadata: f.Metadata, Skipped: append([]string{}, f.Skipped...), Model: "unknown"}
	if entry, ok, err := checkpoint.Verify(f.Path); err == nil && ok {
		w.Official = entry.Name
	}
	for _, t := range f.Tensors {
		w.Parameters += t.Len()
		w.DTypes[string(t.DType)]++
	}
	config, err := modelFlags{}.resolve(f)
	if err != nil {
		return c.result(w, func(out io.Writer) { w.print(out, err.Error()) })
	}
	w.Config = config
	w.SizeAssumed = !slmsam.StatesSize(f) && w.Official == ""
	switch {
	case checkpoint.HasShortMemory(f.Tensors):
		w.Model = "SLM-SAM 2"
	case checkpoint.IsSAM20(f.Tensors):
		w.Model = "SAM 2.0"
	default:
		w.Model = "SAM 2.1"
	}
	assumed := ""
	if w.SizeAssumed {
		assumed = " (assumed: the file does not say what size it was trained at)"
	}
	text := fmt.Sprintf("%d x %d%s, trunk of %d channels and %d blocks, width %d, memory %s", config.ImageSize, config.ImageSize, assumed,
		config.Trunk.EmbedDim, config.Trunk.Depth(), config.Attention.Width, config.Memory)
	return c.result(w, func(out io.Writer) { w.print(out, text) })
}

// print prints the checkpoint as text; configuration describes the model, or says why that is unknown.
func (w weightsInfo) print(out io.Writer, configuration string) {
	fmt.Fprintf(out, "%s: %s checkpoint (%s)\nconfiguration  %s\n", w.Path, w.Model, w.Format, configuration)
	fmt.Fprintf(out, "tensors        %d with %.2f M values:", w.Keys, float64(w.Parameters)/1e6)
	for _, t := range slices.Sorted(maps.Keys(w.DTypes)) {
		fmt.Fprintf(out, " %d %s", w.DTypes[t], t)
	}
	fmt.Fprintf(out, "\nSHA-256        %s\n", strings.TrimRight(w.SHA256+" "+w.Official, " "))
	for _, k := range slices.Sorted(maps.Keys(w.Metadata)) {
		fmt.Fprintf(out, "metadata       %s = %s\n", k, w.Metadata[k])
	}
	for _, s := range w.Skipped {
		fmt.Fprintf(out, "not read       %s\n", s)
	}
}

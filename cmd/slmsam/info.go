package main

import (
	"io/fs"
	"os"

	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/spf13/cobra"
)

func newInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info [FILE]",
		Short: "Show this machine's devices, or what is in a checkpoint or a volume",
		Example: `  slmsam info
  slmsam info scan.nii.gz
  slmsam info tiny --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := newConsole(cmd)
			if len(args) == 0 {
				return machineInfo(c)
			}
			return fileInfo(c, args[0])
		},
	}
}

// adapterInfo is a GPU as --json prints it.
type adapterInfo struct {
	Name    string `json:"name"`
	Backend string `json:"backend"`
	Kind    string `json:"kind"`
	Driver  string `json:"driver"`
}

// machineInfo shows version and devices.
func machineInfo(c *console) error {
	found, err := wgsl.Adapters()
	why := ""
	if err != nil {
		why = err.Error()
	}
	adapters := []adapterInfo{}
	for _, a := range found {
		adapters = append(adapters, adapterInfo{a.Name, a.Backend, string(a.Kind), a.Driver})
	}
	cpuName := cpu.New(0).Name()
	result := map[string]any{"version": version(), "cpu": cpuName, "adapters": adapters}
	if why != "" {
		result["no_adapters"] = why
	}
	return c.result(result, func(w io.Writer) {
		fmt.Fprintf(w, "slmsam %s\n%s\n", version(), cpuName)
		for _, a := range adapters {
			fmt.Fprintf(w, "GPU: %s (%s, %s) %s\n", a.Name, a.Backend, a.Kind, a.Driver)
		}
		if len(adapters) == 0 {
			fmt.Fprintln(w, "GPU: none found "+why)
		}
	})
}

// fileInfo shows a checkpoint or a volume, told apart by content.
func fileInfo(c *console, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		file, err := slmsam.FindWeights(path)
		if err != nil {
			return err
		}
		return checkpointInfo(c, file)
	}
	file, asWeights := checkpoint.Read(path)
	if asWeights == nil {
		return checkpointInfo(c, file)
	}
	v, asVolume := volume.Read(path)
	if asVolume == nil {
		return volumeInfo(c, v)
	}
	weightsName := slices.Contains([]string{".pt", ".pth", ".bin", ".safetensors"}, strings.ToLower(filepath.Ext(path)))
	if weightsName || errors.Is(asWeights, checkpoint.ErrUnsafe) {
		return asWeights
	}
	return asVolume
}

// weightsInfo is a checkpoint as --json prints it.
type weightsInfo struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"` // "checkpoint"
	Format   string `json:"format"`
	SHA256   string `json:"sha256"`
	Official string `json:"official,omitempty"` // name of the published file
	Model    string `json:"model"`              // "SLM-SAM 2", "SAM 2.1", "SAM 2.0" or "unknown"
	Config   any    `json:"config"`             // null if it cannot be told
	Keys     int    `json:"keys"`

	SizeAssumed bool              `json:"size_assumed"` // the input's size is that of the released models: the file states none
	Parameters  int               `json:"parameters"`
	DTypes      map[string]int    `json:"dtypes"` // tensors by type
	Metadata    map[string]string `json:"metadata"`
	Skipped     []string          `json:"skipped"`
}

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
	config, configErr := modelFlags{}.resolve(f)
	if configErr == nil {
		w.Config = config
		w.SizeAssumed = !slmsam.StatesSize(f) && w.Official == ""
		w.Model = "SAM 2.1"
		if checkpoint.IsSAM20(f.Tensors) {
			w.Model = "SAM 2.0"
		}
		if checkpoint.HasShortMemory(f.Tensors) {
			w.Model = "SLM-SAM 2"
		}
	}
	return c.result(w, func(out io.Writer) {
		fmt.Fprintf(out, "%s: %s checkpoint (%s)\n", w.Path, w.Model, w.Format)
		if configErr == nil {
			assumed := ""
			if w.SizeAssumed {
				assumed = " (assumed: the file does not say what size it was trained at)"
			}
			fmt.Fprintf(out, "configuration  %d x %d%s, trunk of %d channels and %d blocks, width %d, memory %s\n", config.ImageSize, config.ImageSize, assumed,
				config.Trunk.EmbedDim, config.Trunk.Depth(), config.Attention.Width, config.Memory)
		} else {
			fmt.Fprintf(out, "configuration  %v\n", configErr)
		}
		fmt.Fprintf(out, "tensors        %d with %.2f M values:", w.Keys, float64(w.Parameters)/1e6)
		for _, t := range slices.Sorted(maps.Keys(w.DTypes)) {
			fmt.Fprintf(out, " %d %s", w.DTypes[t], t)
		}
		fmt.Fprintf(out, "\nSHA-256        %s %s\n", w.SHA256, w.Official)
		for _, k := range slices.Sorted(maps.Keys(w.Metadata)) {
			fmt.Fprintf(out, "metadata       %s = %s\n", k, w.Metadata[k])
		}
		for _, s := range w.Skipped {
			fmt.Fprintf(out, "not read       %s\n", s)
		}
	})
}

// volumeFile is a volume as --json prints it.
type volumeFile struct {
	Path            string        `json:"path"`
	Kind            string        `json:"kind"` // "volume"
	Format          string        `json:"format"`
	Dimensions      [3]int        `json:"dimensions"`
	SpacingMM       [3]float64    `json:"spacing_mm"`
	Orientation     string        `json:"orientation"`
	Affine          volume.Affine `json:"affine"` // voxel index to RAS+ mm
	Range           [2]float64    `json:"range"`
	Modality        string        `json:"modality"`
	CT              bool          `json:"looks_like_ct"`
	AcquisitionAxis int           `json:"acquisition_axis"`
	Notes           []string      `json:"notes"`  // what was left out, assumed or mended in reading
	Labels          []labelInfo   `json:"labels"` // null where it is no label map
}

type labelInfo struct {
	Label  int32  `json:"label"`
	Voxels int    `json:"voxels"`
	Slices []int  `json:"slices"`
	Name   string `json:"name,omitempty"`
}

// maxLabels is how many different values an image may have to be shown as a label map.
const maxLabels = 256

func volumeInfo(c *console, v *volume.Volume) error {
	lo, hi := v.Range()
	f := volumeFile{Path: v.Path, Kind: "volume", Format: v.Format, Dimensions: v.Dim, SpacingMM: v.Geom.Spacing, Orientation: v.Geom.Orientation(),
		Affine: v.Geom.Affine, Range: [2]float64{lo, hi}, Modality: v.Modality, CT: v.LooksLikeCT(), AcquisitionAxis: v.AcquisitionAxis(), Notes: append([]string{}, v.Notes...)}
	if lo >= 0 {
		f.Labels = labelsOf(v, f.AcquisitionAxis)
	}
	return c.result(f, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s volume\n", f.Path, f.Format)
		fmt.Fprintf(w, "dimensions   %d x %d x %d voxels of %.4g x %.4g x %.4g mm\n", v.Dim[0], v.Dim[1], v.Dim[2], f.SpacingMM[0], f.SpacingMM[1], f.SpacingMM[2])
		fmt.Fprintf(w, "orientation  %s, slices along axis %d\n", f.Orientation, f.AcquisitionAxis)
		for r, name := range []string{"affine       ", "             ", "             "} {
			fmt.Fprintf(w, "%s%10.4f %10.4f %10.4f %10.4f\n", name, f.Affine[r][0], f.Affine[r][1], f.Affine[r][2], f.Affine[r][3])
		}
		kind := ""
		if f.CT {
			kind = ", looks like CT"
		}
		fmt.Fprintf(w, "intensities  %g to %g%s\n", lo, hi, kind)
		for _, l := range f.Labels {
			fmt.Fprintf(w, "label %-6d %d voxels on slices %s %s\n", l.Label, l.Voxels, slmsam.Ranges(l.Slices), l.Name)
		}
		for _, n := range f.Notes {
			fmt.Fprintf(w, "note         %s\n", n)
		}
	})
}

// labelsOf lists the labels of what looks like a label map, nil for an image.
func labelsOf(v *volume.Volume, axis int) []labelInfo {
	labels, err := volume.ReadLabelMap(v.Path)
	if err != nil {
		return nil
	}
	counts := labels.Counts()
	if len(counts) > maxLabels {
		return nil
	}
	out := []labelInfo{}
	on := labels.SlicesByLabel(axis)
	for _, l := range slices.Sorted(maps.Keys(on)) {
		out = append(out, labelInfo{l, counts[l], on[l], labels.Legend[l].Name})
	}
	return out
}

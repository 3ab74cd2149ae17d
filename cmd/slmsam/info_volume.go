package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

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
	Notes           []string      `json:"notes"`  // what was left out, assumed or repaired when the file was read
	Labels          []labelInfo   `json:"labels"` // null if it is not a label map
}

// labelInfo is one label of a label map as --json prints it.
type labelInfo struct {
	Label  int32  `json:"label"`
	Voxels int    `json:"voxels"`
	Slices []int  `json:"slices"`
	Name   string `json:"name,omitempty"`
}

// maxLabels is the largest number of labels that are listed. A volume with more values is an image.
const maxLabels = 256

// volumeInfo shows a volume.
func volumeInfo(c *console, v *volume.Volume) error {
	lo, hi := v.Range()
	f := volumeFile{Path: v.Path, Kind: "volume", Format: v.Format, Dimensions: v.Dim, SpacingMM: v.Geom.Spacing, Orientation: v.Geom.Orientation(),
		Affine: v.Geom.Affine, Range: [2]float64{lo, hi}, Modality: v.Modality, CT: v.LooksLikeCT(), AcquisitionAxis: v.AcquisitionAxis(), Notes: append([]string{}, v.Notes...)}
	if lo >= 0 {
		f.Labels = labelsOf(v, f.AcquisitionAxis)
	}
	return c.result(f, f.print)
}

// print prints the volume as text.
func (f volumeFile) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s volume\n", f.Path, f.Format)
	fmt.Fprintf(w, "dimensions   %d x %d x %d voxels of %.4g x %.4g x %.4g mm\n", f.Dimensions[0], f.Dimensions[1], f.Dimensions[2],
		f.SpacingMM[0], f.SpacingMM[1], f.SpacingMM[2])
	fmt.Fprintf(w, "orientation  %s, slices along axis %d\n", f.Orientation, f.AcquisitionAxis)
	for r, name := range []string{"affine       ", "             ", "             "} {
		fmt.Fprintf(w, "%s%10.4f %10.4f %10.4f %10.4f\n", name, f.Affine[r][0], f.Affine[r][1], f.Affine[r][2], f.Affine[r][3])
	}
	kind := ""
	if f.CT {
		kind = ", looks like CT"
	}
	fmt.Fprintf(w, "intensities  %g to %g%s\n", f.Range[0], f.Range[1], kind)
	for _, l := range f.Labels {
		line := fmt.Sprintf("label %-6d %d voxels on slices %s %s", l.Label, l.Voxels, slmsam.Ranges(l.Slices), l.Name)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	for _, n := range f.Notes {
		fmt.Fprintf(w, "note         %s\n", n)
	}
}

// labelsOf returns the labels of a volume that looks like a label map; nil for an image.
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

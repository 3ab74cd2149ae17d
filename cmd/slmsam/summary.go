package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/seed-6f79f512/slmsam/volume"
)

// summary is the result of slmsam propagate, as --json prints it.
type summary struct {
	Image           string          `json:"image"`
	Mask            string          `json:"mask,omitempty"`
	Output          string          `json:"output"`
	Report          string          `json:"report,omitempty"`
	Device          string          `json:"device"`
	Checkpoint      string          `json:"checkpoint"`
	Memory          string          `json:"memory"`
	Resolution      int             `json:"resolution"`
	Zoom            float64         `json:"zoom,omitempty"` // in sizes of an object; none: whole slices
	Axis            int             `json:"axis"`
	Range           [2]int          `json:"range"`       // first, one past the last
	Window          [2]float64      `json:"window"`      // intensities that became black and white
	WindowRule      string          `json:"window_rule"` // "auto", "paper", "soft", "-160,240"
	Slices          int             `json:"slices"`      // with a result
	Seconds         float64         `json:"seconds"`
	PeakMemoryBytes int64           `json:"peak_memory_bytes"` // on the device
	Objects         []objectSummary `json:"objects"`
}

// objectSummary is one label of the output.
type objectSummary struct {
	Label     int            `json:"label"`
	Prompts   []int          `json:"prompt_slices"`
	Voxels    int            `json:"voxels"`
	VolumeML  *float64       `json:"volume_ml"` // null where the image has no spacing
	PerSlices []sliceSummary `json:"slices"`
}

// sliceSummary is one object on one slice. It was judged absent where the score is <= 0.
type sliceSummary struct {
	Slice    int     `json:"slice"`
	Score    float32 `json:"score"`
	Area     int     `json:"area"` // pixels
	Prompted bool    `json:"prompted"`
}

// summarise counts the output's labels.
func (j *job) summarise(labels *volume.LabelMap, tracks map[int]*track) summary {
	v := j.slices.Volume
	s := summary{Image: j.image, Mask: j.mask, Output: j.out, Axis: j.slices.Axis,
		Range: [2]int{j.options.First, j.options.End}, Window: [2]float64{j.slices.Window.Lo, j.slices.Window.Hi}, WindowRule: string(j.window)}
	area := map[int]map[int]int{} // by label, then slice
	for label := range tracks {
		area[label] = map[int]int{}
		s.Objects = append(s.Objects, objectSummary{Label: label, Prompts: tracks[label].promptSlices()})
	}
	slices.SortFunc(s.Objects, func(a, b objectSummary) int { return a.Label - b.Label })
	for i := j.options.First; i < j.options.End; i++ {
		for _, l := range labels.Slice(j.slices.Axis, i) {
			if l != 0 {
				area[int(l)][i]++
			}
		}
		if slices.ContainsFunc(s.Objects, func(o objectSummary) bool { _, seen := tracks[o.Label].score[i]; return seen }) {
			s.Slices++
		}
	}
	for k := range s.Objects {
		o := &s.Objects[k]
		t := tracks[o.Label]
		for i := j.options.First; i < j.options.End; i++ {
			score, seen := t.score[i]
			if !seen {
				continue
			}
			a := area[o.Label][i]
			o.Voxels += a
			o.PerSlices = append(o.PerSlices, sliceSummary{Slice: i, Score: score, Area: a, Prompted: t.prompted[i]})
		}
		if !v.Geom.Nominal {
			ml := float64(o.Voxels) * v.Geom.Spacing[0] * v.Geom.Spacing[1] * v.Geom.Spacing[2] / 1000
			o.VolumeML = &ml
		}
	}
	return s
}

// print writes the summary for people.
func (s summary) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "label\tprompted on\tfound on\tvoxels\tvolume")
	for _, o := range s.Objects {
		var on []int
		for _, p := range o.PerSlices {
			if p.Area > 0 {
				on = append(on, p.Slice)
			}
		}
		ml := "unknown"
		if o.VolumeML != nil {
			ml = fmt.Sprintf("%.1f ml", *o.VolumeML)
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%s\n", o.Label, ranges(o.Prompts), ranges(on), o.Voxels, ml)
	}
	t.Flush()
	fmt.Fprintf(w, "%d slices in %.1f s on %s, window %g to %g (%s)\n%s\n", s.Slices, s.Seconds, s.Device, s.Window[0], s.Window[1], s.WindowRule, s.Output)
	if s.Report != "" {
		fmt.Fprintln(w, s.Report)
	}
}

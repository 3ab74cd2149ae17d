package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seed-6f79f512/slmsam"
)

// summary is the result of slmsam propagate, as --json prints it.
type summary struct {
	Image           string          `json:"image"`
	Mask            string          `json:"mask,omitempty"`
	Output          string          `json:"output"`
	Provenance      string          `json:"provenance"` // path of the record of what the output came from
	Report          string          `json:"report,omitempty"`
	Device          string          `json:"device"`
	Precision       string          `json:"precision"` // of matrix products
	Checkpoint      string          `json:"checkpoint"`
	Memory          string          `json:"memory"`
	Resolution      int             `json:"resolution"`
	Crop            float64         `json:"crop,omitempty"` // side of the square as a multiple of the object's size; omitted for whole slices
	Axis            int             `json:"axis"`
	Range           [2]int          `json:"range"`                 // first, one past the last
	Window          [2]float64      `json:"window"`                // intensities that became black and white
	WindowRule      string          `json:"window_rule"`           // "auto", "paper", "soft", "-160,240"
	Slices          int             `json:"slices"`                // number of slices that were computed
	Corrections     map[int][]int   `json:"corrections,omitempty"` // slices by label that were corrected by hand
	Seconds         float64         `json:"seconds"`
	PeakMemoryBytes int64           `json:"peak_memory_bytes"` // on the device
	Notes           []string        `json:"notes"`             // what was left out, assumed or repaired when the inputs were read
	Objects         []objectSummary `json:"objects"`
	Doubts          []doubtSummary  `json:"doubts"` // the most doubtful first
}

// objectSummary is one label of the output.
type objectSummary struct {
	Label    int            `json:"label"`
	Name     string         `json:"name,omitempty"`
	Outlined []int          `json:"prompt_slices"`
	Voxels   int            `json:"voxels"`
	VolumeML *float64       `json:"volume_ml"` // null if the image states no spacing
	Slices   []sliceSummary `json:"slices"`
}

// sliceSummary is one object on one slice.
type sliceSummary struct {
	Slice    int          `json:"slice"`
	State    slmsam.State `json:"state"`
	Score    *float32     `json:"score"` // null if it was not computed
	Area     int          `json:"area"`  // pixels
	Prompted bool         `json:"prompted"`
	Doubts   []string     `json:"doubts,omitempty"`
}

// doubtSummary is a slice that a person should look at.
type doubtSummary struct {
	Label   int      `json:"label"`
	Slice   int      `json:"slice"`
	Weight  float64  `json:"weight"` // 0 to 1
	Reasons []string `json:"reasons"`
}

// summarize summarizes the result, except for what only run knows, such as the device.
func (j *job) summarize(result *slmsam.Result) summary {
	r := j.request
	s := summary{Image: j.image, Mask: j.mask, Output: j.out, Provenance: provenancePath(j.out), Axis: r.Slices.Axis,
		Range: [2]int{r.First, r.End}, Window: [2]float64{r.Slices.Window.Lo, r.Slices.Window.Hi}, WindowRule: string(j.window), Corrections: j.corrections,
		Notes: append([]string{}, j.notes...), Doubts: []doubtSummary{}}
	computed := map[int]bool{}
	for _, o := range result.Objects {
		s.Objects = append(s.Objects, j.summarizeObject(o, computed))
	}
	s.Slices = len(computed)
	for _, d := range result.Doubts {
		s.Doubts = append(s.Doubts, doubtSummary{d.Label, d.Slice, d.Weight, d.Reasons})
	}
	return s
}

// summarizeObject summarizes one label. It adds the slices that were computed to computed.
func (j *job) summarizeObject(o slmsam.Object, computed map[int]bool) objectSummary {
	out := objectSummary{Label: o.Label, Name: j.legend[int32(o.Label)].Name, Outlined: o.Outlined}
	for _, f := range o.Slices {
		one := sliceSummary{Slice: f.Slice, State: f.State, Area: f.Area,
			Prompted: f.State == slmsam.StateOutlined || f.State == slmsam.StatePrompted}
		if score := f.Score; score == score { // not NaN
			one.Score = &score
			computed[f.Slice] = true
		}
		for _, d := range f.Doubts {
			one.Doubts = append(one.Doubts, d.Reason)
		}
		out.Voxels += f.Area
		out.Slices = append(out.Slices, one)
	}
	if g := j.request.Slices.Volume.Geom; !g.Nominal {
		ml := float64(out.Voxels) * g.Spacing[0] * g.Spacing[1] * g.Spacing[2] / 1000
		out.VolumeML = &ml
	}
	return out
}

// shownDoubts is how many doubtful slices the printed summary lists.
const shownDoubts = 10

// print prints the summary as text.
func (s summary) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "label\toutlined on\tfound on\tvoxels\tvolume")
	for _, o := range s.Objects {
		var on []int
		for _, p := range o.Slices {
			if p.Area > 0 {
				on = append(on, p.Slice)
			}
		}
		ml := "unknown"
		if o.VolumeML != nil {
			ml = fmt.Sprintf("%.1f ml", *o.VolumeML)
		}
		label := fmt.Sprint(o.Label)
		if o.Name != "" {
			label += " " + o.Name
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\n", label, slmsam.Ranges(o.Outlined), slmsam.Ranges(on), o.Voxels, ml)
	}
	t.Flush()
	s.printDoubts(w)
	fmt.Fprintf(w, "%d slices in %.1f s on %s, window %g to %g (%s)\n%s\n", s.Slices, s.Seconds, s.Device, s.Window[0], s.Window[1], s.WindowRule, s.Output)
	if s.Report != "" {
		fmt.Fprintln(w, s.Report)
	}
}

// printDoubts prints the most doubtful slices.
func (s summary) printDoubts(w io.Writer) {
	if len(s.Doubts) == 0 {
		return
	}
	fmt.Fprintln(w, "\ncheck these slices first:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, d := range s.Doubts[:min(len(s.Doubts), shownDoubts)] {
		fmt.Fprintf(t, "  slice %d\tlabel %d\t%s\n", d.Slice, d.Label, strings.Join(d.Reasons, "; "))
	}
	t.Flush()
	if more := len(s.Doubts) - shownDoubts; more > 0 {
		fmt.Fprintf(w, "  and %d more (--json lists all)\n", more)
	}
	fmt.Fprintln(w)
}

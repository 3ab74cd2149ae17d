package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

// prepare reads the inputs and checks the flags and the outputs, so that mistakes are found before the computation.
func (f *propagateFlags) prepare(c *console, image string) (*job, error) {
	j := &job{image: image, mask: f.mask, out: f.out, force: f.force}
	selection, err := f.parse(j)
	if err != nil {
		return nil, err
	}
	if err := f.checkOutputs(j); err != nil {
		return nil, err
	}
	legend, err := parseLegend(f.names)
	if err != nil {
		return nil, err
	}
	v, err := volume.Read(image)
	if err != nil {
		return nil, err
	}
	j.note(c, notesOf(image, v.Notes))
	if err := volume.CheckFormat(j.out, v.Geom); err != nil {
		return nil, err
	}
	history, err := f.history(v)
	if err != nil {
		return nil, err
	}
	if err := f.place(j, v, history); err != nil {
		return nil, err
	}
	named := labelsOfSpans(j.request.Present, j.request.Absent)
	if f.mask != "" {
		err = f.outlines(c, j, history, selection, legend)
	} else if len(legend.Labels) > 0 {
		j.legend = legend.Labels
	}
	if err != nil {
		return nil, err
	}
	if err := f.clicks(j); err != nil {
		return nil, err
	}
	return j, j.checkLabels(named, history)
}

// checkOutputs sets the path of the result, and returns the error that writing the result or the report would meet.
func (f *propagateFlags) checkOutputs(j *job) error {
	if j.out == "" {
		j.out = defaultOutput(j.image)
	}
	if err := checkOutput(j.out, volume.WriteOptions{Force: f.force}); err != nil {
		return err
	}
	if err := distinct(j.out, j.image, f.mask); err != nil {
		return err
	}
	if err := checkRecord(j.out, j.image, f.force); err != nil {
		return err
	}
	return checkReport(f.report, f.force)
}

// parse parses the flags that do not depend on the volume, into j and the selection of outlines.
func (f *propagateFlags) parse(j *job) (selection slmsam.Selection, err error) {
	if f.mask == "" && f.points == nil && f.boxes == nil {
		return selection, usagef("nothing to start from: give --mask MASK, or --point or --box")
	}
	if f.mask == "" && (f.labels != "" || f.slices != nil || f.earlier != "") {
		return selection, usagef("--label, --slice and --earlier belong to a mask: give --mask MASK")
	}
	if selection, err = parseSelection(f.slices, f.labels); err != nil {
		return selection, err
	}
	r := &j.request
	if f.memory != "" {
		if r.Memory, err = slmsam.ParseMemory(f.memory); err != nil {
			return selection, usageError{err}
		}
	}
	var ok bool
	if r.Direction, ok = map[string]slmsam.Direction{"both": slmsam.Both, "forward": slmsam.Forward, "backward": slmsam.Backward}[f.direction]; !ok {
		return selection, usagef("--direction %q: want both, forward or backward", f.direction)
	}
	if r.Order, ok = slmsam.Orders[f.order]; !ok {
		return selection, usagef("--order %q: want blended, nearest or official", f.order)
	}
	if r.Crop, err = parseCrop(f.crop); err != nil {
		return selection, err
	}
	r.KeepHoles, r.BF16, r.Untrained = f.keepHoles, f.bf16, f.untrained
	return selection, f.checkView()
}

// checkView checks --axis and --window as far as is possible without a volume.
func (f *propagateFlags) checkView() error {
	if _, err := parseWindow(f.window); err != nil {
		return err
	}
	if f.axis == "" {
		return nil
	}
	_, err := parseAxis(f.axis)
	return err
}

// place sets the axis, the range, the window and the known slices of the request. An earlier result, if there is one, has set
// the axis, and the window unless --window is given.
func (f *propagateFlags) place(j *job, v *volume.Volume, history *slmsam.Provenance) error {
	s := slmsam.Slices{Volume: v, Axis: v.AcquisitionAxis()}
	var err error
	if f.axis != "" {
		if s.Axis, err = parseAxis(f.axis); err != nil {
			return err
		}
	}
	if history != nil {
		if f.axis != "" && s.Axis != history.Axis {
			return fmt.Errorf("the earlier result was made along axis %d, not %d: leave out --axis to correct it", history.Axis, s.Axis)
		}
		s.Axis = history.Axis
	}
	if j.window, err = parseWindow(f.window); err != nil {
		return err
	}
	if s.Window, err = j.window.Of(v); err != nil { // the model may choose another one later
		return err
	}
	switch {
	case j.window != "":
		j.given = s.Window
	case history != nil:
		s.Window = volume.Window{Lo: history.Window[0], Hi: history.Window[1]}
		j.window = volume.WindowRule(fmt.Sprintf("%g,%g", s.Window.Lo, s.Window.Hi))
	}
	j.request.Slices = s
	if j.request.First, j.request.End, err = parseRange("--range", f.span, s.Len()); err != nil {
		return err
	}
	j.request.Present, err = parseSpans("--present", f.present, s.Len())
	if err == nil {
		j.request.Absent, err = parseSpans("--absent", f.absent, s.Len())
	}
	return err
}

// outlines reads the mask and makes its outlines the prompts, or takes up the earlier result that it corrects.
func (f *propagateFlags) outlines(c *console, j *job, history *slmsam.Provenance, selection slmsam.Selection, legend volume.Legend) error {
	s := j.request.Slices
	read, err := volume.ReadMask(f.mask, s.Volume)
	if err != nil {
		return err
	}
	mask, notes, err := volume.OntoGrid(s.Volume, read, volume.GridOptions{IgnoreGeometry: f.ignoreGeometry, Axis: s.Axis, Slices: selection.Slices[0]})
	if err != nil {
		return err
	}
	j.note(c, append(notesOf(f.mask, read.Notes), notes...))
	mask.SetNames(legend)
	if history != nil {
		return f.corrections(c, j, history, mask)
	}
	if err := slmsam.Plausible(s.Volume, mask); err != nil {
		return err
	}
	if !selection.Central && (f.axis == "" || f.slices == nil) { // otherwise the user has chosen the slices
		if err := slmsam.CheckPlane(mask, s.Axis); err != nil {
			return err
		}
	}
	selection.First, selection.End = j.request.First, j.request.End
	prompts, left, err := slmsam.Outlines(mask, s.Axis, selection)
	if err != nil {
		return err
	}
	for _, n := range left {
		c.log.Info(n)
	}
	j.request.Prompts, j.legend = prompts, mask.Legend
	return nil
}

// notesOf prefixes the notes about a file with its path.
func notesOf(path string, notes []string) (out []string) {
	for _, n := range notes {
		out = append(out, path+": "+n)
	}
	return out
}

// labelsOfSpans lists the labels that have spans of their own, ascending.
func labelsOfSpans(spans ...map[int][]slmsam.Span) (labels []int) {
	for _, of := range spans {
		labels = slices.AppendSeq(labels, maps.Keys(of))
	}
	slices.Sort(labels)
	return slices.DeleteFunc(slices.Compact(labels), func(label int) bool { return label == 0 })
}

// checkLabels returns an error if --present or --absent name a label (named) that is not propagated and therefore mistyped, or
// if the output cannot hold a label.
func (j *job) checkLabels(named []int, history *slmsam.Provenance) error {
	for _, label := range named {
		known := slices.ContainsFunc(j.request.Prompts, func(p slmsam.Prompt) bool { return p.Object == label }) ||
			history != nil && slices.ContainsFunc(history.Objects, func(o slmsam.ObjectHistory) bool { return o.Label == label })
		if !known {
			return usagef("--present or --absent names label %d, which has no outline, point or box", label)
		}
	}
	for _, p := range j.request.Prompts {
		if err := volume.CheckLabels(j.out, int32(p.Object)); err != nil {
			return err
		}
	}
	return nil
}

// clicks adds --point and --box to the prompts. On a slice that has an outline, they refine it.
func (f *propagateFlags) clicks(j *job) error {
	s := j.request.Slices
	h, w := s.Size()
	clicks, err := clickPrompts(f.points, f.boxes, h, w)
	if err != nil {
		return err
	}
	for _, p := range clicks {
		if p.Slice < 0 || p.Slice >= s.Len() {
			return fmt.Errorf("the point or box on slice %d is out of range: the volume has slices 0 to %d along axis %d", p.Slice, s.Len()-1, s.Axis)
		}
		j.request.Add(p)
	}
	return nil
}

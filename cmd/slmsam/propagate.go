package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/spf13/cobra"
)

// propagateFlags are the flags of slmsam propagate.
type propagateFlags struct {
	deviceFlags
	modelFlags
	mask, out, memory, slice, labels, axis, span, direction, window, report, zoom string
	points, boxes                                                                 []string
	force, keepHoles, bf16, ignoreGeometry                                        bool
}

func newPropagateCommand() *cobra.Command {
	f := &propagateFlags{}
	cmd := &cobra.Command{
		Use:   "propagate IMAGE --mask MASK [-o OUT]",
		Short: "Carry annotated slices through a volume",
		Long: `propagate reads IMAGE (NIfTI, NRRD, MetaImage, a folder with a DICOM series, or a folder of PNG or JPEG
slices) and MASK, a label map on the same grid with one or more annotated slices, and writes a label map of
the whole volume on IMAGE's grid. Labels keep their numbers; where a label is annotated on a slice, it is kept
there exactly as drawn.

Slices, pixels and axes are counted from 0 in the order of the file. On a slice across axis 2, x runs along
axis 0 and y along axis 1.`,
		Example: `  slmsam propagate ct.nii.gz --mask one_slice.nii.gz --checkpoint tiny
  slmsam propagate ct.nii.gz --mask organs.nii.gz --slice auto --label 1,3 -o out.nii.gz --report report
  slmsam propagate mr_series/ --box 14,80,92,131,140 --checkpoint model.safetensors -o liver.nrrd`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), newConsole(cmd), args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.mask, "mask", "m", "", "label map on IMAGE's grid with the annotated slices; 0 is background")
	flags.StringVarP(&f.out, "out", "o", "", "output (.nii.gz, .nii, .nrrd, .mha, or a folder of PNG slices;\ndefault: IMAGE's name with _slmsam, beside it)")
	f.modelFlags.add(cmd)
	f.deviceFlags.add(cmd)
	flags.StringVar(&f.memory, "memory", "", "memory banks: M7+R1, M7, R7, R1 or M7+R7 (default: the checkpoint's own)")
	flags.StringVar(&f.slice, "slice", "", "annotated slices to start from: N, N,N,..., or auto for each object's central\nslice in a full label map (default: all slices with labels)")
	flags.StringVar(&f.labels, "label", "", "labels of MASK to propagate, as 1,2,5 (default: all)")
	flags.StringVar(&f.axis, "axis", "", "axis across which slices are taken: 0, 1 or 2 (default: the one of largest spacing)")
	flags.StringVar(&f.span, "range", "", "slices to work on: A:B is A to B-1; either may be left out")
	flags.StringVar(&f.direction, "direction", "both", "from the prompt: both, forward or backward")
	flags.StringVar(&f.window, "window", "", "intensities LO,HI that become black and white; lung, soft, bone or brain (CT); paper for the whole\nrange (CT: within -1024 to 2000 HU); or auto, which leaves outliers out of it\n(default: that which the model was trained with, else auto)")
	flags.StringArrayVar(&f.points, "point", nil, "click slice,x,y[,label][,+ or -] in pixels; may be repeated")
	flags.StringArrayVar(&f.boxes, "box", nil, "box slice,x0,y0,x1,y1[,label] in pixels; may be repeated")
	flags.StringVar(&f.zoom, "zoom", "", "show the model, for each object, only so many times its size about it, as 3; or whole slices: whole\n(default: the model's; whole but for the built-in one)")
	flags.BoolVar(&f.ignoreGeometry, "ignore-geometry", false, "take a mask of IMAGE's size as drawn on it, voxel for voxel, whatever its header says")
	flags.BoolVar(&f.keepHoles, "keep-holes", false, "leave small holes in the masks")
	flags.BoolVar(&f.bf16, "bf16-memory", false, "store memories as bfloat16, as the released predictor does")
	flags.StringVar(&f.report, "report", "", "folder for a montage, a presence curve and report.json")
	flags.BoolVar(&f.force, "force", false, "replace existing files")
	return cmd
}

// run is the whole command.
func (f *propagateFlags) run(ctx context.Context, c *console, image string) error {
	s, err := f.carry(ctx, c, image)
	if err != nil {
		return err
	}
	return c.result(s, s.print)
}

// carry checks everything that can be checked, computes, and writes.
func (f *propagateFlags) carry(ctx context.Context, c *console, image string) (*summary, error) {
	started := time.Now()
	job, err := f.prepare(c, image)
	if err != nil {
		return nil, err
	}
	dev, err := f.deviceFlags.open(c)
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	model, path, err := openModel(dev, f.modelFlags, c)
	if err != nil {
		return nil, err
	}
	if j := job; j.window == "" {
		if j.slices.Window, j.window, err = model.Window(j.slices.Volume, j.window); err != nil {
			return nil, err
		}
	}
	c.log.Info(fmt.Sprintf("window: %g to %g (%s)", job.slices.Window.Lo, job.slices.Window.Hi, job.window))
	bar := c.progress("slices", false)
	defer bar.close()
	labels, tracks, err := job.propagate(ctx, nn.NewGraph(dev), model, bar)
	bar.close()
	if errors.Is(err, wgsl.ErrOutOfMemory) || errors.Is(err, wgsl.ErrDeviceLost) {
		return nil, fmt.Errorf("%w; try fewer labels at a time (--label), a smaller --resolution, or --device cpu", err)
	}
	if err != nil {
		return nil, err
	}
	if err := volume.WriteLabelMap(job.out, labels, volume.WriteOptions{Force: f.force}); err != nil {
		return nil, err
	}
	s := job.summarise(labels, tracks)
	s.Device, s.Checkpoint, s.Resolution = dev.Name(), path, model.Config.ImageSize
	s.Memory = model.Banks(job.options).String()
	s.Zoom = model.Zoom(job.options)
	s.Seconds = time.Since(started).Seconds()
	s.PeakMemoryBytes = dev.Memory().Peak
	if f.report != "" {
		if err := writeReport(f.report, job, labels, s); err != nil {
			return nil, fmt.Errorf("the label map %s is written, the report is not: %w", job.out, err)
		}
		s.Report = f.report
	}
	return &s, nil
}

// prepare reads the inputs and checks the flags and the output, before anything is computed.
func (f *propagateFlags) prepare(c *console, image string) (*job, error) {
	j := &job{image: image, mask: f.mask, out: f.out}
	if f.mask == "" && f.points == nil && f.boxes == nil {
		return nil, usagef("nothing to start from: give --mask MASK, or --point or --box")
	}
	if f.mask == "" && (f.labels != "" || f.slice != "") {
		return nil, usagef("--label and --slice choose from a mask: give --mask MASK")
	}
	choice, err := f.parseOptions(j)
	if err != nil {
		return nil, err
	}
	if j.out == "" {
		j.out = defaultOutput(image)
	}
	if err := volume.CheckOutput(j.out, volume.WriteOptions{Force: f.force}); err != nil {
		return nil, err
	}
	if err := distinct(j.out, image, f.mask); err != nil {
		return nil, err
	}
	if err := checkReport(f.report, f.force); err != nil {
		return nil, err
	}
	if j.slices.Volume, err = volume.Read(image); err != nil {
		return nil, err
	}
	if err := f.place(j); err != nil {
		return nil, err
	}
	if err := f.collect(c, j, choice); err != nil {
		return nil, err
	}
	return j, nil
}

// distinct refuses an output that is one of the inputs, even with --force.
func distinct(out string, inputs ...string) error {
	info, err := os.Stat(out)
	if err != nil {
		return nil // it is not there
	}
	for _, in := range inputs {
		if other, err := os.Stat(in); err == nil && os.SameFile(info, other) {
			return fmt.Errorf("the output %s is an input of this run; choose another", out)
		}
	}
	return nil
}

// parseOptions reads the flags that need no volume.
func (f *propagateFlags) parseOptions(j *job) (choice sliceChoice, err error) {
	if choice, err = parseSliceChoice(f.slice); err != nil {
		return choice, err
	}
	if f.memory != "" {
		if j.options.Memory, err = slmsam.ParseMemory(f.memory); err != nil {
			return choice, usageError{err}
		}
	}
	directions := map[string]slmsam.Direction{"both": slmsam.Both, "forward": slmsam.Forward, "backward": slmsam.Backward}
	direction, ok := directions[f.direction]
	if !ok {
		return choice, usagef("--direction %q: want both, forward or backward", f.direction)
	}
	if j.options.Zoom, err = parseZoom(f.zoom); err != nil {
		return choice, err
	}
	j.options.Direction, j.options.KeepHoles, j.options.BF16 = direction, f.keepHoles, f.bf16
	if f.labels != "" {
		if j.labels, err = parseInts(f.labels); err != nil {
			return choice, usagef("--label %q: %w", f.labels, err)
		}
	}
	return choice, nil
}

// parseZoom reads --zoom; empty takes the model's.
func parseZoom(s string) (float64, error) {
	switch s {
	case "":
		return 0, nil
	case "whole":
		return slmsam.WholeSlice, nil
	}
	zoom, err := strconv.ParseFloat(s, 64)
	if err != nil || !(zoom >= 1) || math.IsInf(zoom, 1) {
		return 0, usagef("--zoom %q: want a number from 1, as 3, or whole", s)
	}
	return zoom, nil
}

// place chooses axis, range and window.
func (f *propagateFlags) place(j *job) error {
	v := j.slices.Volume
	j.slices.Axis = v.AcquisitionAxis()
	var err error
	if f.axis != "" {
		if j.slices.Axis, err = parseAxis(f.axis); err != nil {
			return err
		}
	}
	if j.options.First, j.options.End, err = parseRange(f.span, j.slices.Len()); err != nil {
		return err
	}
	if j.window, err = parseWindow(f.window); err != nil {
		return err
	}
	j.slices.Window, err = j.window.Of(v) // the model may choose another if none is asked for
	if j.window != "" {
		j.shown = j.slices.Window
	}
	return err
}

// collect reads the mask and gathers all prompts.
func (f *propagateFlags) collect(c *console, j *job, choice sliceChoice) error {
	if f.mask != "" {
		read, err := volume.ReadLabelMap(f.mask)
		if err != nil {
			return err
		}
		grid := volume.GridOptions{IgnoreGeometry: f.ignoreGeometry, Axis: j.slices.Axis, Slices: choice.only}
		mask, gridNotes, err := volume.OntoGrid(j.slices.Volume, read, grid)
		if err != nil {
			return err
		}
		for _, n := range append(notesOf(f.mask, read.Notes), gridNotes...) {
			c.log.Warn(n)
		}
		a, err := annotate(mask, j.slices.Axis)
		if err != nil {
			return err
		}
		if err := a.restrict(j.labels, j.options.First, j.options.End); err != nil {
			return err
		}
		prompts, notes, err := a.prompts(choice)
		if err != nil {
			return err
		}
		for _, n := range notes {
			c.log.Info(n)
		}
		j.prompts = prompts
	}
	h, w := j.slices.Size()
	clicks, err := clickPrompts(f.points, f.boxes, h, w)
	if err != nil {
		return err
	}
	for _, p := range clicks {
		if p.Slice < 0 || p.Slice >= j.slices.Len() {
			return fmt.Errorf("the point or box on slice %d is out of range: the volume has slices 0 to %d along axis %d",
				p.Slice, j.slices.Len()-1, j.slices.Axis)
		}
	}
	j.prompts = append(j.prompts, clicks...)
	for _, p := range j.prompts {
		if err := volume.CheckLabels(j.out, int32(p.Object)); err != nil {
			return err
		}
	}
	return nil
}

// notesOf names the file that a reader's notes are about.
func notesOf(path string, notes []string) (out []string) {
	for _, n := range notes {
		out = append(out, path+": "+n)
	}
	return out
}

// parseRange reads A:B, :B, A: or nothing, for n slices.
func parseRange(s string, n int) (first, end int, err error) {
	if s == "" {
		return 0, n, nil
	}
	a, b, ok := strings.Cut(s, ":")
	first, end = 0, n
	var errA, errB error
	if a != "" {
		first, errA = strconv.Atoi(a)
	}
	if b != "" {
		end, errB = strconv.Atoi(b)
	}
	if !ok || errA != nil || errB != nil {
		return 0, 0, usagef("--range %q: want A:B for slices A to B-1, as 10:60", s)
	}
	if first < 0 || end > n || first >= end {
		return 0, 0, fmt.Errorf("--range %s is not within the volume's slices 0:%d", s, n)
	}
	return first, end, nil
}

// defaultOutput is the image's name with _slmsam, in a format that we write.
func defaultOutput(image string) string {
	image = filepath.Clean(image)
	lower := strings.ToLower(image)
	for ext, out := range map[string]string{".nii.gz": ".nii.gz", ".nii": ".nii.gz", ".hdr": ".nii.gz", ".img": ".nii.gz",
		".nrrd": ".nrrd", ".nhdr": ".nrrd", ".mha": ".mha", ".mhd": ".mha"} {
		if strings.HasSuffix(lower, ext) {
			return image[:len(image)-len(ext)] + "_slmsam" + out
		}
	}
	return image + "_slmsam.nii.gz"
}

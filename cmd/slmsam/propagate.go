package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/spf13/cobra"
)

// propagateFlags are the flags of slmsam propagate.
type propagateFlags struct {
	deviceFlags
	modelFlags
	cacheFlags
	mask, earlier, out, memory, labels, axis, span, direction, order, window, report, crop, names string
	slices, present, absent, points, boxes                                                        []string
	force, keepHoles, bf16, untrained, ignoreGeometry                                             bool
}

func newPropagateCommand() *cobra.Command {
	f := &propagateFlags{}
	cmd := &cobra.Command{
		Use:   "propagate IMAGE --mask MASK [-o OUT]",
		Short: "Propagate outlined slices through a volume",
		Long: `propagate reads IMAGE (NIfTI, NRRD, MetaImage, a folder with a DICOM series, or a folder of PNG or
JPEG slices) and MASK, a label map on the same grid with one or more outlined slices, and writes a
label map of the whole volume on IMAGE's grid. Labels keep their numbers; where a label is outlined
on a slice, it is kept there exactly as drawn.

To correct a result, open it in any editor, fix a slice or two, save it, and pass it as MASK: the
file OUT.slmsam.json next to it shows which slices you changed, and only what lies between them and
the nearest outlined slices is recomputed. --label, --range and --direction do not apply then.

Slices, pixels and axes are counted from 0 in the file's order. On a slice perpendicular to axis 2, x runs
along axis 0 and y along axis 1.`,
		Example: `  slmsam propagate ct.nii.gz --mask one_slice.nii.gz
  slmsam propagate ct.nii.gz --mask organs.nii.gz --slice auto --label 1,3 -o out.nii.gz --report report
  slmsam propagate ct.nii.gz --mask out.nii.gz -o better.nii.gz        # out.nii.gz was corrected by hand
  slmsam propagate mr_series/ --box 14,80,92,131,140 --checkpoint tiny --memory M7 -o liver.nrrd`,
		Args: argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), newConsole(cmd), args[0]) },
	}
	groupFlags(cmd, f.promptGroup(), f.modelGroup(), f.outputGroup())
	return cmd
}

// promptGroup declares the flags that say what to propagate.
func (f *propagateFlags) promptGroup() flagGroup {
	g := newFlagGroup("Prompts")
	g.StringVarP(&f.mask, "mask", "m", "", "label map on IMAGE's grid with the outlined slices (0 is background), or a result that you corrected")
	g.StringArrayVar(&f.slices, "slice", nil, "outlined slices to start from: N,N,... for all labels, LABEL:N,N,... for one (may be repeated), or auto "+
		"for each object's central slice in a full label map (default: all outlined slices)")
	g.StringVar(&f.labels, "label", "", "labels of MASK to propagate, e.g. 1,2,5 (default: all)")
	g.StringArrayVar(&f.points, "point", nil, "a click: slice,x,y[,label][,+ or -] in pixels; may be repeated")
	g.StringArrayVar(&f.boxes, "box", nil, "a box: slice,x0,y0,x1,y1[,label] in pixels; may be repeated")
	g.StringArrayVar(&f.present, "present", nil, "slices known to contain an object: A:B or LABEL:A:B, meaning A to B-1; may be repeated")
	g.StringArrayVar(&f.absent, "absent", nil, "slices known not to contain it, in the same form: tracking stops there")
	g.BoolVar(&f.ignoreGeometry, "ignore-geometry", false, "treat a mask of IMAGE's size as drawn on it, voxel for voxel, whatever its header says")
	g.StringVar(&f.names, "names", "", "label names and colors for the output and the report: 1=liver,2=spleen, or a file: nnU-Net's dataset.json or ITK-SNAP's "+
		"label descriptions (.txt)")
	g.StringVar(&f.earlier, "earlier", "", "the result that MASK corrects, if it was saved under another name")
	return g
}

// modelGroup declares the flags that say how to propagate; slmsam batch has the same.
func (f *propagateFlags) modelGroup() flagGroup {
	g := newFlagGroup("Model and tracking")
	f.modelFlags.add(g.FlagSet, nano.Name)
	f.deviceFlags.add(g.FlagSet)
	f.cacheFlags.add(g.FlagSet, "512M,4G")
	g.StringVar(&f.memory, "memory", "", "memory banks: M7+R1, M7, R7, R1 or M7+R7 (default: the checkpoint's own)")
	g.StringVar(&f.axis, "axis", "", axisHelp)
	g.StringVar(&f.span, "range", "", "slices to work on: A:B means A to B-1; either end may be omitted")
	g.StringVar(&f.direction, "direction", "both", "direction from the prompt: both, forward or backward")
	g.StringVar(&f.order, "order", "blended", "how slices between two outlines are reached: blended (from both), nearest (each half from its own), "+
		"or official (as the released predictor does)")
	g.StringVar(&f.window, "window", "", "intensities LO,HI that become black and white; lung, soft, bone or brain (CT); paper for the full range (CT: within "+
		"-1024 to 2000 HU); or auto, the range without outliers (default: the rule that the model was trained with, else auto)")
	g.StringVar(&f.crop, "crop", "", "crop each slice to a square around each object: its side as a multiple of the object's size, e.g. 3; or whole for whole slices "+
		"(default: the model's)")
	g.BoolVar(&f.keepHoles, "keep-holes", false, "do not fill small holes in the masks")
	g.BoolVar(&f.bf16, "bf16-memory", false, "store memories as bfloat16, as the released predictor does")
	g.BoolVar(&f.untrained, "untrained", false, "use a memory that the weights were not trained with, and let the network (not the built-in model) read clicks and boxes that it was not trained with")
	return g
}

// outputGroup declares the flags of the output.
func (f *propagateFlags) outputGroup() flagGroup {
	g := newFlagGroup("Output")
	g.StringVarP(&f.out, "out", "o", "", "output (.nii.gz, .nii, .nrrd, .seg.nrrd, .mha, .dcm for a DICOM segmentation of a DICOM series, or a folder of PNG slices; default: IMAGE's name with _slmsam, next to it)")
	g.StringVar(&f.report, "report", "", "folder for a montage, a presence curve and report.json")
	g.BoolVar(&f.force, "force", false, "replace existing files")
	return g
}

// run carries out the command.
func (f *propagateFlags) run(ctx context.Context, c *console, image string) error {
	started := time.Now()
	if _, err := f.cacheFlags.budget(); err != nil {
		return err
	}
	job, err := f.prepare(c, image)
	if err != nil {
		return err
	}
	dev, err := f.deviceFlags.open(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	model, path, err := openModel(dev, f.modelFlags, c)
	if err != nil {
		return err
	}
	endCache, err := f.cacheFlags.attach(model, true)
	if err != nil {
		return err
	}
	defer c.closeOrWarn(endCache)
	if err := job.chooseWindow(model, c); err != nil {
		return err
	}
	result, err := job.segment(ctx, model, c)
	if err != nil {
		return err
	}
	if err := job.write(model.Provenance(job.request, result), result); err != nil {
		return err
	}
	s := job.summarize(result)
	s.Device, s.Checkpoint, s.Resolution = dev.Name(), path, model.Config.ImageSize
	s.Precision = slmsam.Precision(dev)
	s.Memory = model.Banks(job.request.Options).String()
	s.Crop = model.Crop(job.request.Options)
	s.Seconds = time.Since(started).Seconds()
	s.PeakMemoryBytes = dev.Memory().Peak
	if f.report != "" {
		if err := writeReport(f.report, job, result, s); err != nil {
			return fmt.Errorf("the label map %s was written, but the report was not: %w", job.out, err)
		}
		s.Report = f.report
	}
	return c.result(s, s.print)
}

// job is one propagation: its files and the request to the model.
type job struct {
	image, mask, out string
	force            bool
	request          slmsam.Request
	window           volume.WindowRule      // of the request; empty: the model decides
	given            volume.Window          // what the user asked for with --window; zero: nothing
	corrections      map[int][]int          // slices by label that were corrected in an earlier result; nil without one
	legend           map[int32]volume.Label // names and colors of the labels
	notes            []string               // what was left out, assumed or repaired when the inputs were read
}

// note logs notes about the inputs as warnings, and keeps them for the summary.
func (j *job) note(c *console, notes []string) {
	for _, n := range notes {
		c.log.Warn(n)
	}
	j.notes = append(j.notes, notes...)
}

// chooseWindow lets the model choose the window of intensities, unless the user or an earlier result has.
func (j *job) chooseWindow(m *slmsam.Model, c *console) (err error) {
	s := &j.request.Slices
	if j.window == "" {
		s.Window, j.window, err = m.Window(s.Volume, "")
	}
	c.log.Info(fmt.Sprintf("window: %g to %g (%s)", s.Window.Lo, s.Window.Hi, j.window))
	return err
}

// segment propagates and shows the progress.
func (j *job) segment(ctx context.Context, model *slmsam.Model, c *console) (*slmsam.Result, error) {
	bar := c.progress("slices", false)
	defer bar.close()
	j.request.Progress = func(p slmsam.Progress) error {
		bar.set(int64(p.Done), int64(p.Total))
		return nil
	}
	result, err := model.Segment(ctx, j.request)
	var untrained *slmsam.UntrainedError
	switch {
	case errors.Is(err, wgsl.ErrOutOfMemory) || errors.Is(err, wgsl.ErrDeviceLost):
		return nil, fmt.Errorf("%w; try fewer labels at once (--label), a smaller --resolution, or --device cpu", err)
	case errors.As(err, &untrained):
		return nil, fmt.Errorf("%w; choose other weights (--checkpoint), or pass --untrained to see for yourself", err)
	}
	if err != nil {
		return nil, err
	}
	result.Labels.Legend = j.legend
	return result, nil
}

// write writes the record of what the result came from, then the label map, so that no label map lacks its record. If the
// label map cannot be written, the record is again what it was.
func (j *job) write(p slmsam.Provenance, result *slmsam.Result) error {
	if err := os.MkdirAll(filepath.Dir(j.out), 0o777); err != nil {
		return fmt.Errorf("create the output folder: %w", err)
	}
	path := provenancePath(j.out)
	before, err := os.ReadFile(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err != nil && !isNew {
		return fmt.Errorf("read the earlier result's record: %w", err)
	}
	if err := wholefile.Write(path, p.WriteJSON); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = volume.WriteLabelMap(j.out, result.Labels, volume.WriteOptions{Force: j.force})
	switch {
	case err == nil:
		return nil
	case isNew:
		return errors.Join(err, os.Remove(path))
	}
	return errors.Join(err, wholefile.WriteBytes(path, before))
}

// provenancePath returns the path of a result's record, which says what the result came from: liver.slmsam.json for
// liver.nii.gz.
func provenancePath(result string) string {
	return volume.TrimFormat(filepath.Clean(result)) + ".slmsam.json"
}

// defaultOutput returns the path of the result if the user gives none: the image's, with _slmsam added to the name. The format
// is the image's, or NIfTI if slmsam does not write that. For an image given as . or .. it is next to the folder of that name.
func defaultOutput(image string) string {
	image = filepath.Clean(image)
	if base := filepath.Base(image); base == "." || base == ".." {
		if full, err := filepath.Abs(image); err == nil {
			image = filepath.Join(image, "..", filepath.Base(full))
		}
	}
	bare := volume.TrimFormat(image)
	format := ".nii.gz"
	switch strings.ToLower(image[len(bare):]) {
	case ".nrrd", ".nhdr", ".seg.nrrd":
		format = ".nrrd"
	case ".mha", ".mhd":
		format = ".mha"
	}
	return bare + "_slmsam" + format
}

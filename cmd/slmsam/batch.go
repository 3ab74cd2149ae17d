package main

import (
	"context"
	"os"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/batch"
	"github.com/spf13/cobra"
)

// batchFlags are the flags of slmsam batch.
type batchFlags struct {
	propagate       propagateFlags // for every case
	out             string
	format, split   string
	numParts        int
	partID          int
	skip, retry     bool
	status, montage bool
}

func newBatchCommand() *cobra.Command {
	f := &batchFlags{}
	cmd := &cobra.Command{
		Use:   "batch DATASET -o OUT",
		Short: "Propagate outlined slices through many volumes",
		Long: `batch does for every volume in DATASET what propagate does for one. The model is loaded once, the next
volume is read while the current one is computed, and a volume that fails does not stop the others.

DATASET is a folder in the layout of nnU-Net (imagesTs and labelsTs, or imagesTr and labelsTr, where the
masks in labelsTs or labelsTr have one outlined slice or a few), or a CSV file with the columns image,
mask, points, boxes, labels and output. Only image and one of mask, points and boxes are required. Paths
are relative to the CSV file, outputs to OUT; several points or boxes are separated by semicolons.

OUT gets the label maps, a manifest (manifest/*.jsonl: times, hashes, doubtful slices and errors of every
case), and report.html, a page with pictures of all cases, the most doubtful first.

Run the same command again after an interruption, with --skip-existing: cases that are done are not
computed again unless their image, mask, weights or settings have changed.

To share the work among several processes, start each with --num-parts N and its own --part-id. In a Slurm
array job, and in a Kubernetes Indexed Job with JOB_COMPLETIONS set, batch finds its part by itself.`,
		Example: `  slmsam batch Dataset001_Liver -o labels --checkpoint run/best.safetensors
  slmsam batch cases.csv -o labels --skip-existing
  slmsam batch cases.csv -o labels --num-parts 4 --part-id 0
  slmsam batch cases.csv -o labels --status
  slmsam batch cases.csv -o labels --retry-failed`,
		Args: argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), newConsole(cmd), args[0])
		},
	}
	groupFlags(cmd, f.casesGroup(), f.propagate.modelGroup(), f.outputGroup())
	return cmd
}

// casesGroup declares the flags that say which cases to do, and from which outlines.
func (f *batchFlags) casesGroup() flagGroup {
	g := newFlagGroup("Cases")
	g.StringVar(&f.split, "split", "", "folders of an nnU-Net dataset: Ts or Tr (default: Ts if it has masks, else Tr)")
	g.StringArrayVar(&f.propagate.slices, "slice", nil, "outlined slices to start from, as in slmsam propagate: N,N,..., LABEL:N,N,..., or auto for each object's "+
		"central slice in full label maps (default: all outlined slices)")
	g.StringVar(&f.propagate.labels, "label", "", "labels of the masks to propagate, e.g. 1,2,5 (default: all; a CSV file can set them for each case)")
	g.BoolVar(&f.propagate.ignoreGeometry, "ignore-geometry", false, "treat masks of the image's size as drawn on it, voxel for voxel, whatever their headers say")
	g.BoolVar(&f.skip, "skip-existing", false, "keep results that are up to date; recompute those whose image, mask, weights or settings have changed")
	g.BoolVar(&f.retry, "retry-failed", false, "run only the cases that failed before")
	g.BoolVar(&f.status, "status", false, "show progress and update the report without computing anything")
	g.IntVar(&f.numParts, "num-parts", 0, "split the cases among N processes, balanced by number of slices")
	g.IntVar(&f.partID, "part-id", 0, "the part that this process does, from 0 to N-1")
	return g
}

// outputGroup declares the flags of the output.
func (f *batchFlags) outputGroup() flagGroup {
	g := newFlagGroup("Output")
	g.StringVarP(&f.out, "out", "o", "", "folder for the results; several processes may share it")
	g.StringVar(&f.format, "format", ".nii.gz", "format of results whose names the CSV file does not give: .nii.gz, .nii, .nrrd, .seg.nrrd or .mha")
	g.BoolVar(&f.montage, "montages", true, "draw a picture of every case for the report")
	g.BoolVar(&f.propagate.force, "force", false, "replace existing files")
	return g
}

// run carries out the command.
func (f *batchFlags) run(ctx context.Context, c *console, dataset string) error {
	part, err := f.check(c)
	if err != nil {
		return err
	}
	cases, notes, err := batch.List(dataset, batch.Options{Out: f.out, Format: f.format, Split: f.split})
	if err != nil {
		return err
	}
	for _, n := range notes {
		c.log.Warn(n)
	}
	if f.status {
		return f.printStatus(c, cases)
	}
	b := &batchRun{flags: f, console: c, all: cases, part: part}
	if err := b.choose(); err != nil {
		return err
	}
	return b.run(ctx)
}

// check checks the flags that do not depend on the dataset, and returns the part that this process does.
func (f *batchFlags) check(c *console) (part batch.Part, err error) {
	if f.out == "" {
		return part, usagef("no output folder: give -o OUT")
	}
	switch f.format = "." + strings.TrimPrefix(f.format, "."); f.format {
	case ".nii.gz", ".nii", ".nrrd", ".seg.nrrd", ".mha":
	default:
		return part, usagef("--format %q: want .nii.gz, .nii, .nrrd, .seg.nrrd or .mha", f.format)
	}
	if f.split != "" && f.split != "Tr" && f.split != "Ts" {
		return part, usagef("--split %q: want Tr or Ts", f.split)
	}
	trial := f.propagateFlagsOf(batch.Case{Mask: "mask"})
	if _, err := trial.parse(&job{}); err != nil {
		return part, err
	}
	if _, err := trial.cacheFlags.budget(); err != nil {
		return part, err
	}
	if f.numParts == 0 && f.partID != 0 {
		return part, usagef("--part-id %d: also give the number of parts with --num-parts", f.partID)
	}
	if f.numParts != 0 {
		part = batch.Part{ID: f.partID, Of: f.numParts}
		if err := part.Check(); err != nil {
			return part, usageError{err}
		}
		return part, nil
	}
	part, source, err := batch.PartFromEnvironment(os.Getenv)
	if err != nil {
		return part, usageError{err}
	}
	if source != "" {
		c.log.Info("part " + part.String() + " (from " + source + ")")
	}
	return part, nil
}

// propagateFlagsOf returns the flags with which slmsam propagate would do a case.
func (f *batchFlags) propagateFlagsOf(c batch.Case) *propagateFlags {
	flags := f.propagate
	flags.mask, flags.points, flags.boxes, flags.out = c.Mask, c.Points, c.Boxes, c.Output
	if c.Labels != "" {
		flags.labels = c.Labels
	}
	if c.Mask == "" {
		flags.labels, flags.slices = "", nil
	}
	return &flags
}

// montagePath returns the path of a case's picture, relative to the output folder.
func montagePath(c batch.Case) string { return "montages/" + c.Name + ".png" }

// caseFiles returns the files that a case writes.
func (f *batchFlags) caseFiles(c batch.Case) []string {
	files := []string{c.Output, provenancePath(c.Output)}
	if f.montage {
		files = append(files, f.pathInOut(montagePath(c)))
	}
	return files
}

// manifestDoubts converts a result's doubts to those of the manifest.
func manifestDoubts(doubts []slmsam.Doubtful) (out []batch.Doubt) {
	for _, d := range doubts {
		out = append(out, batch.Doubt{Label: d.Label, Slice: d.Slice, Weight: d.Weight, Reasons: d.Reasons})
	}
	return out
}

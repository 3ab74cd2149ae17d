package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train/phantom"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/spf13/cobra"
)

// demoFlags are the flags of slmsam demo.
type demoFlags struct {
	deviceFlags
	out   string
	seed  uint64
	force bool
}

func newDemoCommand() *cobra.Command {
	f := &demoFlags{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try slmsam on a synthetic volume with the built-in model",
		Long: `demo makes a small, synthetic abdomen with three labeled structures, takes each one's central slice as the
outline that an annotator would draw, propagates it through the volume with the built-in model, and compares the
result with the ground truth. The files stay in a folder for you to look at.`,
		Example: "  slmsam demo\n  slmsam demo -o somewhere --seed 3",
		Args:    argCount(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), newConsole(cmd)) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "slmsam-demo", "folder for the files")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the volume")
	flags.BoolVar(&f.force, "force", false, "replace existing files")
	f.deviceFlags.add(flags)
	return cmd
}

// The files of the demo.
const (
	demoImage  = "image.nii.gz"
	demoPrompt = "prompt.nii.gz"
	demoTruth  = "truth.nii.gz"
	demoResult = "result.nii.gz"
)

const demoAxis = 2 // axis perpendicular to the slices

// demoObject is one structure of the demo with its score.
type demoObject struct {
	Label int     `json:"label"`
	Name  string  `json:"name"`
	DSC   float64 `json:"dsc"`
}

// demoSummary is what slmsam demo --json prints.
type demoSummary struct {
	Device  string            `json:"device"`
	Slices  int               `json:"slices"`
	Seconds float64           `json:"seconds"`
	Objects []demoObject      `json:"objects"`
	Files   map[string]string `json:"files"` // image, prompt, truth, result, montage
}

// run carries out the command. It writes nothing before the flags and the output folder have been checked.
func (f *demoFlags) run(ctx context.Context, c *console) error {
	record := filepath.Base(provenancePath(demoResult))
	files := []string{demoImage, demoPrompt, demoTruth, demoResult, record, montageFile, presenceFile, reportFile}
	if err := checkFiles(f.out, files, f.force); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	dev, err := f.deviceFlags.open(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	model, _, err := openModel(dev, modelFlags{checkpoint: nano.Name}, c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	path := func(name string) string { return filepath.Join(f.out, name) }
	made := phantom.Abdomen(f.seed)
	truth := made.LabelMap()
	truth.Legend = map[int32]volume.Label{phantom.Liver: {Name: "liver"}, phantom.Kidney: {Name: "kidney"}, phantom.Vessel: {Name: "vessel"}}
	if err := f.write(path, made, truth); err != nil {
		return err
	}
	started := time.Now()
	result, err := f.segment(ctx, c, dev, model, path, made.Volume(), truth)
	if err != nil {
		return err
	}
	s := demoSummary{Device: dev.Name(), Slices: made.D, Seconds: time.Since(started).Seconds(), Files: map[string]string{"image": path(demoImage),
		"prompt": path(demoPrompt), "truth": path(demoTruth), "result": path(demoResult), "montage": path(montageFile)}}
	for label := phantom.Liver; label <= phantom.Vessel; label++ {
		scores, err := eval.Score(truth, result.Labels, int32(label), eval.Options{Axis: demoAxis})
		if err != nil {
			return err
		}
		s.Objects = append(s.Objects, demoObject{label, truth.Legend[int32(label)].Name, scores.DSC})
	}
	return c.result(s, s.print)
}

// segment propagates the central slice of every structure through the volume and writes the result with its pictures.
func (f *demoFlags) segment(ctx context.Context, c *console, dev backend.Device, model *slmsam.Model, path func(string) string,
	image *volume.Volume, truth *volume.LabelMap) (*slmsam.Result, error) {
	j := &job{image: path(demoImage), mask: path(demoPrompt), out: path(demoResult), force: f.force, legend: truth.Legend}
	j.request.Slices = slmsam.Slices{Volume: image, Axis: demoAxis}
	err := j.chooseWindow(model, c)
	if err != nil {
		return nil, err
	}
	if j.request.Prompts, _, err = slmsam.Outlines(truth, demoAxis, slmsam.Selection{Central: true}); err != nil {
		return nil, err
	}
	result, err := j.segment(ctx, model, c)
	if err == nil {
		err = j.write(model.Provenance(j.request, result), result)
	}
	if err == nil {
		s := j.summarize(result)
		s.Device, s.Precision = dev.Name(), slmsam.Precision(dev)
		err = writeReport(f.out, j, result, s)
	}
	return result, err
}

// write writes the volume, the truth and the prompt, which holds the outline of each structure on its central slice.
func (f *demoFlags) write(path func(string) string, made *phantom.Case, truth *volume.LabelMap) error {
	prompt := volume.NewLabelMap(made.Volume())
	for label := int32(phantom.Liver); label <= phantom.Vessel; label++ {
		slice, ok := truth.CentralSlice(label, demoAxis)
		if !ok {
			return fmt.Errorf("demo: volume %d has no label %d", f.seed, label)
		}
		pix := prompt.Slice(demoAxis, slice)
		for i, l := range truth.Slice(demoAxis, slice) {
			if l == label {
				pix[i] = label
			}
		}
		prompt.SetSlice(demoAxis, slice, pix)
	}
	opt := volume.WriteOptions{Force: f.force}
	if err := volume.WriteVolume(path(demoImage), made.Volume(), opt); err != nil {
		return err
	}
	if err := volume.WriteLabelMap(path(demoTruth), truth, opt); err != nil {
		return err
	}
	return volume.WriteLabelMap(path(demoPrompt), prompt, opt)
}

// print prints the summary as text.
func (s demoSummary) print(w io.Writer) {
	fmt.Fprintln(w, "structure  DSC")
	for _, o := range s.Objects {
		fmt.Fprintf(w, "%-10s %.3f\n", o.Name, o.DSC)
	}
	fmt.Fprintf(w, "\n%d slices from one outline each, in %.1f s. Look at %s,\n", s.Slices, s.Seconds, s.Files["montage"])
	fmt.Fprintf(w, "or open %s with %s over it in ITK-SNAP, 3D Slicer or napari.\n", s.Files["image"], s.Files["result"])
}

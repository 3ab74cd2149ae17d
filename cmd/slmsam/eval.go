package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/spf13/cobra"
)

// evalFlags are the flags of slmsam eval.
type evalFlags struct {
	truth, out, csv, jsonFile, markdown              string
	pred                                             []string
	pred2                                            string
	labels, names, axis, prompt, promptSlices, scope string
	tolerance                                        float64
	resamples                                        int
	seed                                             uint64
	strict, perCase, published, force                bool
	ignoreGeometry                                   bool
}

func newEvalCommand() *cobra.Command {
	f := &evalFlags{}
	cmd := &cobra.Command{
		Use:   "eval --pred DIR --truth DIR",
		Short: "Score label maps: DSC, ASSD, HD95, slice-wise DSC, with intervals and plots",
		Long: `eval scores label maps from any method against the ground truth, case by case and label by label, as the paper does.
Cases are matched by name: case01.nii.gz in one folder goes with case01.nii.gz (or .nrrd, .mha, or a folder
case01/label.nii.gz) in the other. --pred and --truth may also be single files. Repeat --pred to compare methods.

A prediction in another storage order or orientation is reoriented. A case that is only on one side, is on another
grid, or is not a label map (NaN, fractions) is listed instead of scored, which is an error with --strict.
See docs/evaluation.md for the measures and conventions.`,
		Example: `  slmsam eval --pred predictions --truth labels
  slmsam eval --pred SLM-SAM2=run1 --pred SAM2=run2 --truth labelsTs --prompt exclude -o report
  slmsam eval --pred out.nii.gz --truth label.nii.gz --json`,
		Args: argCount(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), newConsole(cmd)) },
	}
	groupFlags(cmd, f.inputGroup(), f.scoringGroup(), f.outputGroup())
	return cmd
}

// inputGroup declares the flags that say what is scored.
func (f *evalFlags) inputGroup() flagGroup {
	g := newFlagGroup("Input")
	g.StringArrayVar(&f.pred, "pred", nil, "folder (or file) with predictions, DIR or NAME=DIR; repeat to compare methods")
	g.StringVar(&f.pred2, "pred2", "", "a second folder of predictions; same as repeating --pred")
	g.StringVar(&f.truth, "truth", "", "folder (or file) with the ground-truth label maps")
	g.StringVar(&f.labels, "labels", "", "labels to score, e.g. 1,2,5 (default: every label in the ground truth)")
	g.StringVar(&f.names, "names", "", "names of labels: 1=liver,2=spleen, or a file: nnU-Net's dataset.json, {\"1\": \"liver\"}, or ITK-SNAP's label descriptions (.txt)")
	g.BoolVar(&f.ignoreGeometry, "ignore-geometry", false, "score maps of equal size voxel by voxel, whatever their headers say about the grid")
	g.BoolVar(&f.strict, "strict", false, "fail if anything cannot be scored")
	return g
}

// scoringGroup declares the flags that say how it is scored.
func (f *evalFlags) scoringGroup() flagGroup {
	g := newFlagGroup("Scoring")
	g.StringVar(&f.axis, "axis", "auto", "axis perpendicular to the slices: 0, 1, 2, or auto for the one with the largest spacing")
	g.StringVar(&f.prompt, "prompt", "keep", "annotated slices: keep them as predicted, replace them with the ground truth (as the paper does for 2-D and 3-D baselines), or exclude them")
	g.StringVar(&f.promptSlices, "prompt-slices", "", "JSON file {\"case\": {\"label\": [slices]}}, label 0 for all (default: each label's central slice)")
	g.StringVar(&f.scope, "scope", "all", "slices to score: all, or span (from the first to the last one with the label)")
	g.Float64Var(&f.tolerance, "tolerance", eval.DefaultToleranceMM, "tolerance of the surface Dice in mm")
	g.IntVar(&f.resamples, "resamples", eval.DefaultResamples, "bootstrap resamples")
	g.Uint64Var(&f.seed, "seed", 0, "seed of the bootstrap")
	return g
}

// outputGroup declares the flags of the output.
func (f *evalFlags) outputGroup() flagGroup {
	g := newFlagGroup("Output")
	g.StringVarP(&f.out, "out", "o", "", "folder for everything: results.json, rows.csv, summary.csv, report.md and plots")
	g.StringVar(&f.csv, "csv", "", "file for the rows as CSV")
	g.StringVar(&f.jsonFile, "json-file", "", "file for the complete result as JSON")
	g.StringVar(&f.markdown, "markdown", "", "file for the tables as Markdown")
	g.BoolVar(&f.perCase, "cases", false, "print every case, not only the summary")
	g.BoolVar(&f.published, "published", false, "also print the paper's published numbers next to these, where available")
	g.BoolVar(&f.force, "force", false, "replace existing files")
	return g
}

// evalResult is the result of slmsam eval, as --json prints it.
type evalResult struct {
	*eval.Result
	Published []eval.PublishedRow `json:"published,omitempty"`
	Files     []string            `json:"files"`
}

// run carries out the command.
func (f *evalFlags) run(ctx context.Context, c *console) error {
	study, err := f.study()
	if err != nil {
		return err
	}
	if err := f.checkOutputs(); err != nil {
		return err
	}
	bar := c.progress("label maps", false)
	defer bar.close()
	study.Progress = func(done, total int, _ string) { bar.set(int64(done), int64(total)) }
	r, err := eval.Evaluate(ctx, study)
	bar.close()
	if err != nil {
		return err
	}
	for _, n := range r.Notes {
		c.log.Warn(n)
	}
	if n := len(r.Excluded); n > 0 {
		c.log.Warn(fmt.Sprintf("not scored: %d (the first: %s)", n, r.Excluded[0]))
	}
	out := evalResult{Result: r, Files: []string{}}
	if f.published {
		if out.Published, err = eval.Published(); err != nil {
			return err
		}
	}
	if out.Files, err = f.write(r); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := out.print(&text, f.perCase); err != nil {
		return err
	}
	return c.result(out, func(w io.Writer) { w.Write(text.Bytes()) })
}

// print prints the tables as text.
func (r evalResult) print(w io.Writer, perCase bool) error {
	if err := r.WriteText(w, perCase); err != nil {
		return err
	}
	if r.Published != nil {
		fmt.Fprint(w, "The paper's numbers next to these\n\n")
		if err := r.WriteWithPublished(w, r.Published, false); err != nil {
			return err
		}
	}
	for _, file := range r.Files {
		fmt.Fprintln(w, file)
	}
	return nil
}

// study checks the flags and returns what to score.
func (f *evalFlags) study() (eval.Study, error) {
	s := eval.Study{Truth: f.truth, Axis: f.axis, ToleranceMM: f.tolerance, Prompt: eval.PromptMode(f.prompt),
		Scope: eval.Scope(f.scope), Resamples: f.resamples, Seed: f.seed, Strict: f.strict,
		IgnoreGeometry: f.ignoreGeometry}
	var err error
	if s.Methods, err = f.methods(); err != nil {
		return s, err
	}
	if f.truth == "" {
		return s, usagef("--truth is missing: the folder with the ground-truth label maps")
	}
	if s.Labels, err = parseLabels("--labels", f.labels); err != nil {
		return s, err
	}
	legend, err := parseLegend(f.names)
	if err != nil {
		return s, err
	}
	s.Names, s.Ignore = namesOf(legend), legend.Ignore
	if f.promptSlices != "" {
		if s.PromptSlices, err = readPromptSlices(f.promptSlices); err != nil {
			return s, err
		}
	}
	if f.resamples < 1 {
		return s, usagef("--resamples %d: want at least 1", f.resamples)
	}
	if err := s.Check(); err != nil {
		return s, usageError{err}
	}
	return s, nil
}

// readPromptSlices reads the file of --prompt-slices.
func readPromptSlices(path string) (eval.PromptSlices, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--prompt-slices: %w", err)
	}
	defer file.Close()
	slices, err := eval.ReadPromptSlices(file)
	if err != nil {
		return nil, fmt.Errorf("--prompt-slices %s: %w", path, err)
	}
	return slices, nil
}

// output is a single file that eval writes.
type output struct {
	path  string
	write func(io.Writer) error
}

// outputs returns the single files that the flags ask for. r may be nil if only their paths are needed.
func (f *evalFlags) outputs(r *eval.Result) []output {
	all := []output{{f.csv, r.WriteCSV}, {f.jsonFile, r.WriteJSON}, {f.markdown, r.WriteMarkdown}}
	var asked []output
	for _, o := range all {
		if o.path != "" {
			asked = append(asked, o)
		}
	}
	return asked
}

// checkOutputs returns the error that writing the files would meet, before anything is scored.
func (f *evalFlags) checkOutputs() error {
	seen := map[string]bool{}
	for _, o := range f.outputs(nil) {
		path := filepath.Clean(o.path)
		if seen[path] {
			return usagef("%s is given for two outputs: choose another name for one of them", path)
		}
		seen[path] = true
		if err := checkFiles(filepath.Dir(path), []string{filepath.Base(path)}, f.force); err != nil {
			return err
		}
	}
	if f.out == "" {
		return nil
	}
	if err := checkFiles(f.out, eval.ReportFiles(), f.force); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}

// write writes the files that the flags ask for and returns their paths.
func (f *evalFlags) write(r *eval.Result) ([]string, error) {
	written := []string{}
	for _, o := range f.outputs(r) {
		if err := os.MkdirAll(filepath.Dir(o.path), 0o777); err != nil {
			return written, fmt.Errorf("write %s: %w", o.path, err)
		}
		if err := wholefile.Write(o.path, o.write); err != nil {
			return written, fmt.Errorf("write %s: %w", o.path, err)
		}
		written = append(written, o.path)
	}
	if f.out == "" {
		return written, nil
	}
	report, err := r.WriteReport(f.out)
	return append(written, report...), err
}

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/seed-6f79f512/slmsam/internal/batch"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume/report"
)

// cohortFile is the name of the page about all cases.
const cohortFile = "report.html"

// writeCohort writes the page about all cases, of all parts, and returns its path.
func (f *batchFlags) writeCohort(cases []batch.Case) (string, error) {
	manifest, err := batch.ReadManifest(f.out)
	if err != nil {
		return "", err
	}
	page := report.Cohort{Title: filepath.Base(filepath.Clean(f.out))}
	for _, c := range cases {
		page.Cases = append(page.Cases, cohortCase(f.out, c, manifest))
	}
	path := f.pathInOut(cohortFile)
	if err := wholefile.Write(path, page.WriteHTML); err != nil {
		return "", fmt.Errorf("report %s: %w", path, err)
	}
	return path, nil
}

// cohortCase returns what the page shows of a case.
func cohortCase(out string, c batch.Case, manifest map[string]batch.Record) report.CohortCase {
	shown := report.CohortCase{Name: c.Name, State: report.CaseLeft}
	r, ok := manifest[c.Name]
	if !ok {
		return shown
	}
	shown.Slices, shown.Seconds, shown.Labels = r.Slices, r.Compute, r.Labels
	switch r.State {
	case batch.Done:
		shown.State, shown.Montage = report.CaseDone, r.Montage
		if path, err := filepath.Rel(out, c.Output); err == nil {
			shown.Output = filepath.ToSlash(path)
		}
	case batch.Failed:
		shown.State, shown.Error = report.CaseFailed, r.Error
	case batch.Writing:
		return shown
	}
	for _, d := range r.Doubts {
		shown.Doubts = append(shown.Doubts, report.CohortDoubt{Label: d.Label, Slice: d.Slice, Weight: d.Weight, Reasons: d.Reasons})
	}
	return shown
}

// print prints the summary as text.
func (s batchSummary) print(w io.Writer) {
	fmt.Fprintf(w, "part %s: %d cases: %d done, %d up to date before, %d failed\n", s.Part, s.Cases, s.Done, s.Skipped, s.Failed)
	if s.Slices > 0 {
		fmt.Fprintf(w, "%d slices in %.1f s on %s, including %.1f s to start up\n", s.Slices, s.Seconds, s.Device, s.StartUpSeconds)
	}
	fmt.Fprintln(w, s.Report)
}

// statusSummary is what slmsam batch --status --json prints.
type statusSummary struct {
	batch.Status
	Output string `json:"output"`
	Report string `json:"report"`
}

// printStatus prints how many cases are done, have failed and are left, and updates the report.
func (f *batchFlags) printStatus(c *console, cases []batch.Case) error {
	manifest, err := batch.ReadManifest(f.out)
	if err != nil {
		return err
	}
	s := statusSummary{Status: batch.StatusOf(cases, manifest), Output: f.out}
	if s.Done+s.Failed > 0 {
		if s.Report, err = f.writeCohort(cases); err != nil {
			return err
		}
	}
	return c.result(s, func(w io.Writer) {
		fmt.Fprintf(w, "%d cases: %d done, %d failed, %d left\n", s.Cases, s.Done, s.Failed, s.Left)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, r := range s.Failing {
			fmt.Fprintf(t, "  %s\t%s\n", r.Case, r.Error)
		}
		t.Flush()
		if s.Report != "" {
			fmt.Fprintln(w, s.Report)
		}
	})
}

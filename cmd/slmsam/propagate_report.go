package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume/report"
)

// The files of a report.
const (
	montageFile  = "montage.png"
	presenceFile = "presence.png"
	reportFile   = "report.json"
)

// checkReport returns the error that writing a report to dir would meet, before the work is done. An empty
// dir means no report.
func checkReport(dir string, force bool) error {
	if dir == "" {
		return nil
	}
	if err := checkFiles(dir, []string{montageFile, presenceFile, reportFile}, force); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// writeReport writes the montage, the presence curve and the summary into dir, which it creates if needed.
func writeReport(dir string, j *job, result *slmsam.Result, s summary) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	study := j.study(filepath.Base(j.image), result)
	files := []struct {
		name  string
		write func(io.Writer) error
	}{
		{montageFile, func(w io.Writer) error { return report.Montage(w, study) }},
		{presenceFile, func(w io.Writer) error { return report.Presence(w, study) }},
		{reportFile, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(s)
		}},
	}
	for _, f := range files {
		if err := wholefile.Write(filepath.Join(dir, f.name), f.write); err != nil {
			return fmt.Errorf("report: write %s: %w", filepath.Join(dir, f.name), err)
		}
	}
	return nil
}

// study returns what the pictures of a report show of the result.
func (j *job) study(title string, result *slmsam.Result) report.Study {
	s := report.Study{Title: title, Image: j.request.Slices.Volume, Window: j.given, Labels: result.Labels, Axis: j.request.Slices.Axis}
	for _, o := range result.Objects {
		s.Objects = append(s.Objects, reportObject(o))
	}
	return s
}

// reportObject returns what the pictures of a report show of an object.
func reportObject(o slmsam.Object) report.Object {
	out := report.Object{Label: o.Label}
	for _, f := range o.Slices {
		slice := report.Slice{Index: f.Slice, Score: float64(f.Score), Area: f.Area, Outlined: f.State == slmsam.StateOutlined}
		for _, d := range f.Doubts {
			slice.Doubts = append(slice.Doubts, d.Reason)
			slice.Severity = max(slice.Severity, d.Weight)
		}
		out.Slices = append(out.Slices, slice)
	}
	return out
}

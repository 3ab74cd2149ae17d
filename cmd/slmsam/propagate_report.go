package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
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
	for _, name := range []string{montageFile, presenceFile, reportFile} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil && !force {
			return fmt.Errorf("report %s exists; choose another folder or pass --force", path)
		}
	}
	existing := filepath.Clean(dir)
	for {
		info, err := os.Stat(existing)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("report: %s is a file, not a folder", existing)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || existing == filepath.Dir(existing) {
			return fmt.Errorf("report: %w", err)
		}
		existing = filepath.Dir(existing)
	}
	if err := wholefile.Probe(filepath.Join(existing, reportFile)); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// writeReport writes the montage, the presence curve and the summary.
func writeReport(dir string, j *job, labels *volume.Labels, s summary) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	study := report.Study{Title: filepath.Base(j.image), Image: j.slices, Labels: labels, Axis: j.slices.Axis}
	for _, o := range s.Objects {
		object := report.Object{Label: o.Label}
		for _, p := range o.PerSlices {
			object.Slices = append(object.Slices, report.Slice{Index: p.Slice, Score: float64(p.Score), Area: p.Area, Prompted: p.Prompted})
		}
		study.Objects = append(study.Objects, object)
	}
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

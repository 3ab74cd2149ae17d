package batch

import (
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Status says how far a dataset is.
type Status struct {
	Cases   int      `json:"cases"`
	Done    int      `json:"done"`
	Failed  int      `json:"failed"`
	Left    int      `json:"left"` // neither done nor failed
	Failing []Record `json:"failing"`
}

// StatusOf compares a dataset's cases with the manifest: a case is done if its output is there, too.
func StatusOf(cases []Case, manifest map[string]Record) Status {
	s := Status{Cases: len(cases), Failing: []Record{}}
	for _, c := range cases {
		r := manifest[c.Name]
		_, err := os.Stat(c.Output)
		switch {
		case r.State == Failed:
			s.Failed++
			s.Failing = append(s.Failing, r)
		case r.State == Done && err == nil:
			s.Done++
		default:
			s.Left++
		}
	}
	return s
}

// Prepare makes the folders of the manifest and of the cases' outputs, and removes what a killed process left of files
// that belong to the cases.
func Prepare(out string, cases []Case, files func(Case) []string) error {
	if err := os.MkdirAll(filepath.Join(out, journals), 0o777); err != nil {
		return err
	}
	byFolder := map[string]map[string]bool{}
	for _, c := range cases {
		for _, path := range files(c) {
			dir, base := filepath.Split(path)
			if byFolder[dir] == nil {
				byFolder[dir] = map[string]bool{}
			}
			byFolder[dir][base] = true
		}
	}
	for dir, bases := range byFolder {
		if err := os.MkdirAll(filepath.Clean(dir), 0o777); err != nil {
			return err
		}
		if err := wholefile.Sweep(filepath.Clean(dir), bases); err != nil {
			return err
		}
	}
	return nil
}

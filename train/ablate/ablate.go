package ablate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
)

// Result is the outcome of Run; its JSON form is stable.
type Result struct {
	Settings Settings  `json:"settings"`
	Rows     []Row     `json:"rows"` // by protocol and memory, in the setup's order
	Files    []string  `json:"files"`
	Scores   []*Scores `json:"-"`
}

// Row is one memory setting under one protocol: means over test volumes (and, within a volume, over its labels).
type Row struct {
	Volumes int    `json:"volumes"` // training volumes; 0 means no fine-tuning
	Memory  string `json:"memory"`
	Run     Record `json:"run"`
	eval.Summary
}

// Scores holds the scores for one protocol; the methods are the memory settings.
type Scores struct {
	Volumes int
	*eval.Result
}

// ablation is the state of one Run.
type ablation struct {
	Setup
	settings Settings
	test     *train.Dataset
	files    map[string]string // case -> name of its label maps, without extension
}

// Run completes every run that is not finished yet, scores all of them, and writes tables and figures. If ctx ends or
// a run fails, finished work is kept, and the next Run with the same setup continues from there.
func Run(ctx context.Context, setup Setup) (*Result, error) {
	a := &ablation{Setup: setup}
	if err := a.prepare(); err != nil {
		return nil, err
	}
	result := &Result{Settings: a.settings}
	records, err := a.runAll(ctx)
	if err != nil {
		return nil, err
	}
	for _, volumes := range a.Volumes {
		scores, err := a.score(ctx, volumes)
		if err != nil {
			return nil, err
		}
		result.Scores = append(result.Scores, scores)
		for _, m := range a.Memories {
			summary, err := scores.overall(m.String())
			if err != nil {
				return nil, err
			}
			result.Rows = append(result.Rows, Row{volumes, m.String(), records[run{volumes, m}], summary})
		}
	}
	result.Files, err = result.write(a.Dir)
	return result, err
}

// prepare decides the split, checks it against what the folder holds, and writes the truth of the test volumes.
func (a *ablation) prepare() error {
	if err := a.complete(); err != nil {
		return err
	}
	training, test, err := a.split()
	if err != nil {
		return err
	}
	if a.settings, err = a.describe(training, test); err != nil {
		return err
	}
	if err := checkSettings(a.Dir, a.settings); err != nil {
		return err
	}
	if _, a.test, err = a.Data.Split(test); err != nil {
		return err
	}
	if a.files, err = fileNames(test); err != nil {
		return err
	}
	return a.writeTruth()
}

// fileNames gives each case a file name without separators, since names in a manifest may be paths.
func fileNames(cases []string) (map[string]string, error) {
	out, owner := map[string]string{}, map[string]string{}
	for _, name := range cases {
		stem := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
				return '_'
			}
			return r
		}, name)
		if s, ok := eval.CaseName(stem); ok {
			stem = s
		}
		stem = strings.TrimLeft(stem, ".")
		if other, taken := owner[stem]; taken || stem == "" {
			return nil, fmt.Errorf("ablate: the cases %q and %q would have the same file name; rename one in the dataset", name, other)
		}
		out[name], owner[stem] = stem, name
	}
	return out, nil
}

// runAll does all runs in the order of the tables.
func (a *ablation) runAll(ctx context.Context) (map[run]Record, error) {
	records := map[run]Record{}
	total, n := len(a.Volumes)*len(a.Memories), 0
	for _, volumes := range a.Volumes {
		for _, m := range a.Memories {
			n++
			r := run{volumes, m}
			progress := func(phase string, part, dsc float64) {
				a.Progress(Progress{Run: n, Runs: total, Name: r.String(), Phase: phase, Part: part, TrainingDSC: dsc})
			}
			record, err := a.resultOf(ctx, r, progress)
			if err != nil {
				return nil, fmt.Errorf("ablate: %s: %w", r, err)
			}
			records[r] = record
		}
	}
	return records, nil
}

// overall is a method's summary over all labels (or of the only label).
func (s *Scores) overall(method string) (eval.Summary, error) {
	i := slices.IndexFunc(s.Summary, func(x eval.Summary) bool { return x.Method == method })
	if i < 0 {
		return eval.Summary{}, fmt.Errorf("ablate: %s, %s: no score", ProtocolName(s.Volumes), method)
	}
	return s.Summary[i], nil
}

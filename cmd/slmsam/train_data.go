package main

import (
	"encoding/csv"
	"strings"

	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
)

// openData opens the volumes to train and validate on. window is the start model's, which is used unless --window is given.
func (f *trainFlags) openData(dataset string, job *trainJob, window volume.WindowRule) error {
	opt, err := f.caseOptions()
	if err != nil {
		return err
	}
	if opt.Window == "" && window != volume.WindowAuto {
		opt.Window = window
	}
	seed := job.recipe.Seed
	if job.train, err = openSource(dataset, opt, seed, generatedVolumes); err != nil {
		return err
	}
	switch {
	case f.held != "" && f.holdOut != "":
		return usagef("--val and --hold-out cannot be given together")
	case f.held != "":
		job.held, err = openSource(f.held, opt, seed+1, generatedHeld)
	case f.holdOut != "" && f.holdOut != holdNone:
		err = f.split(job)
	case dataset == generatedName:
		job.held, err = openSource(dataset, opt, seed+1, generatedHeld)
	}
	if err != nil {
		return err
	}
	if !(f.mix >= 0 && f.mix < 1) || f.mix > 0 && dataset == generatedName {
		return usagef("--mix-generated %g: want a fraction of the clips from 0 to 1, and a DATASET of files", f.mix)
	}
	if !(f.regions >= 0 && f.regions < 1) || f.regions > 0 && dataset == generatedName {
		return usagef("--mix-regions %g: want a fraction of the clips from 0 to 1, and a DATASET of files", f.regions)
	}
	return nil
}

// mixIn mixes clips of generated volumes in, if --mix-generated asks for it.
func (f *trainFlags) mixIn(job *trainJob) {
	if f.mix > 0 {
		job.train = train.Mixed{First: job.train, Second: train.NewGenerated(job.recipe.Seed, generatedVolumes), Share: f.mix}
	}
}

// The name of the dataset whose volumes are generated, and how many volumes it has for training and for validation.
const (
	generatedName    = "generated"
	generatedVolumes = 1 << 20
	generatedHeld    = 6
)

// openSource opens a dataset of files, or the generated one with count volumes.
func openSource(path string, opt train.CaseOptions, seed uint64, count int) (train.Source, error) {
	if path != generatedName {
		return train.Open(path, opt)
	}
	s := train.NewGenerated(seed, count)
	if count == generatedHeld {
		s.Reuse = 1
	}
	return s, nil
}

// split holds out the cases that --hold-out names.
func (f *trainFlags) split(job *trainJob) error {
	data, ok := job.train.(*train.Dataset)
	if !ok {
		return usagef("--hold-out needs a DATASET of files; use --val %s", generatedName)
	}
	list := csv.NewReader(strings.NewReader(f.holdOut))
	list.TrimLeadingSpace = true
	names, err := list.Read()
	if err != nil {
		return usagef("--hold-out %q: want names such as A,B", f.holdOut)
	}
	rest, held, err := data.Split(names)
	if err != nil {
		return err
	}
	job.train, job.held = rest, held
	return nil
}

// caseOptions returns how the volumes of the dataset are read, from the flags.
func (f *trainFlags) caseOptions() (train.CaseOptions, error) {
	opt := train.CaseOptions{Axis: -1, Channel: f.channel, IgnoreGeometry: f.ignoreGeometry}
	if f.channel < 0 {
		return opt, usagef("--channel %d: want a channel number, counted from 0", f.channel)
	}
	var err error
	if opt.Labels, err = parseLabels("--label", f.labels); err != nil {
		return opt, err
	}
	if f.axis != "" {
		if opt.Axis, err = parseAxis(f.axis); err != nil {
			return opt, err
		}
	}
	if f.window != "" {
		if opt.Window, err = parseWindow(f.window); err != nil {
			return opt, err
		}
	}
	return opt, nil
}

// holdBack holds back part of the volumes to validate on, if the recipe asks for it and the user did not choose.
func (f *trainFlags) holdBack(job *trainJob) error {
	data, ok := job.train.(*train.Dataset)
	if !ok || job.held != nil || f.holdOut == holdNone {
		return nil
	}
	rest, held, how, err := train.HoldBack(data, job.recipe)
	if err != nil || held == nil {
		return err
	}
	job.train, job.held, job.heldBack = rest, held, how
	return nil
}

// holdNone is the value of --hold-out that holds back nothing.
const holdNone = "none"

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/train/ablate"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/spf13/cobra"
)

// tasks checks the flags and opens the datasets, so that mistakes are found before any computing.
func (f *ablateFlags) tasks(cmd *cobra.Command, datasets []string) (ablate.Tasks, error) {
	t := ablate.Tasks{}
	var err error
	if t.Setup, err = f.setup(cmd); err != nil {
		return t, err
	}
	if t.Seeds, err = f.allSeeds(t.Recipe.Seed); err != nil {
		return t, err
	}
	window, err := f.windowOf(t.Setup)
	if err != nil {
		return t, err
	}
	for _, dataset := range datasets {
		data, err := f.task(dataset, t.Recipe, window)
		if err != nil {
			return t, err
		}
		path, err := filepath.Abs(dataset)
		if err != nil {
			return t, err
		}
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		if slices.ContainsFunc(t.Of, func(other ablate.Task) bool { return other.Name == name }) {
			return t, usagef("two datasets are called %s, which is the name of a task's folder: rename one", name)
		}
		t.Of = append(t.Of, ablate.Task{Name: name, Data: data})
	}
	return t, nil
}

// setup returns what all tasks have in common.
func (f *ablateFlags) setup(cmd *cobra.Command) (ablate.Setup, error) {
	s := ablate.Setup{Dir: f.out, MaxTest: f.maxTest, Prompt: eval.PromptMode(f.prompt), Scope: eval.Scope(f.scope), Resamples: f.resamples,
		Start: train.StartOptions{Init: f.init, Model: f.model, Resolution: f.resolution}}
	if f.out == "" {
		return s, usagef("-o DIR is missing: the folder for the ablation's results")
	}
	var err error
	if s.Train, err = f.trainingNames(); err != nil {
		return s, err
	}
	if s.Recipe, err = f.ablateRecipe(cmd); err != nil {
		return s, err
	}
	for _, text := range strings.Split(f.memories, ",") {
		m, err := slmsam.ParseMemory(strings.TrimSpace(text))
		if err != nil {
			return s, usageError{err}
		}
		s.Memories = append(s.Memories, m)
	}
	if s.Starts, err = f.ownStarts(s.Memories); err != nil {
		return s, err
	}
	if s.Volumes, err = parseInts(f.volumes); err != nil {
		return s, usagef("--volumes: %w", err)
	}
	if s.Names, err = parseLabelNames(f.names); err != nil {
		return s, err
	}
	check := eval.Study{Truth: f.out, Methods: []eval.Method{{Name: "any", Dir: f.out}}, Prompt: s.Prompt, Scope: s.Scope, Resamples: s.Resamples}
	if err := check.Check(); err != nil {
		return s, usageError{err}
	}
	return s, nil
}

// task opens the dataset of a task.
func (f *ablateFlags) task(dataset string, recipe train.Recipe, window volume.WindowRule) (*train.Dataset, error) {
	job := &trainJob{recipe: recipe}
	if err := f.openData(dataset, job, window); err != nil {
		return nil, err
	}
	if err := train.CheckData(job.train, job.held, job.recipe); err != nil {
		return nil, err
	}
	data, ok := job.train.(*train.Dataset)
	if !ok {
		return nil, usagef("%s is not a dataset of files; an ablation needs volumes that stay the same", dataset)
	}
	return data, nil
}

// windowOf returns the window with which the start models were trained. They must agree unless --window is given.
func (f *ablateFlags) windowOf(s ablate.Setup) (volume.WindowRule, error) {
	var window volume.WindowRule
	for i, m := range s.Memories {
		o := s.Start
		if own := s.Starts[m]; own != "" {
			o.Init = own
		}
		config, err := o.Config()
		if err != nil {
			return "", err
		}
		if i > 0 && config.Window != window && f.window == "" {
			return "", usagef("the start weights were trained with different windows, %q and %q: choose one with --window", window, config.Window)
		}
		window = config.Window
	}
	return window, nil
}

// ownStarts parses --init-for. Settings without an entry need --init.
func (f *ablateFlags) ownStarts(memories []slmsam.Memory) (map[slmsam.Memory]string, error) {
	own := map[slmsam.Memory]string{}
	for _, text := range f.own {
		name, weights, _ := strings.Cut(text, "=")
		m, err := slmsam.ParseMemory(strings.TrimSpace(name))
		if err != nil || weights == "" || !slices.Contains(memories, m) {
			return nil, usagef("--init-for %q: want SETTING=WEIGHTS with one of the settings %s", text, f.memories)
		}
		own[m] = weights
	}
	if f.init == "" && len(own) < len(memories) {
		return nil, errNoInit
	}
	return own, nil
}

// trainingNames returns the names of --train, and those in the files given as @FILE.
func (f *ablateFlags) trainingNames() (names []string, err error) {
	for _, name := range f.training {
		path, isFile := strings.CutPrefix(name, "@")
		if !isFile {
			names = append(names, name)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("--train: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" {
				names = append(names, line)
			}
		}
	}
	return names, nil
}

// allSeeds parses --seeds. Without it, the only seed is the recipe's.
func (f *ablateFlags) allSeeds(ofRecipe uint64) ([]uint64, error) {
	if f.seeds == "" {
		return []uint64{ofRecipe}, nil
	}
	var seeds []uint64
	for _, text := range strings.Split(f.seeds, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
		if err != nil || slices.Contains(seeds, n) {
			return nil, usagef("--seeds %q: want different numbers, such as 1,2,3", f.seeds)
		}
		seeds = append(seeds, n)
	}
	return seeds, nil
}

// ablateRecipe returns the recipe with the budget and the other flags applied.
func (f *ablateFlags) ablateRecipe(cmd *cobra.Command) (train.Recipe, error) {
	if f.recipe == "" {
		f.recipe = "paper"
		if f.init == train.Fresh {
			f.recipe = "scratch"
		}
	}
	r, err := train.ReadRecipe(f.recipe)
	if err != nil {
		return r, err
	}
	if r, err = f.resolve(cmd, r); err != nil || f.budget == "" {
		return r, err
	}
	r.Epochs, r.Steps, r.Time = 0, 0, ""
	if steps, err := strconv.Atoi(f.budget); err == nil && steps > 0 {
		r.Steps = steps
	} else if d, err := time.ParseDuration(f.budget); err == nil && d > 0 {
		r.Time = f.budget
	} else {
		return r, usagef("--budget %q: want a time such as 30m, or a number of steps", f.budget)
	}
	return r, nil
}

package ablate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/seed-6f79f512/slmsam/train"
)

// Tasks is the same ablation for several tasks, with one or more seeds: one ablation for each in DIR/TASK/seed-N, and
// tables over all of them in DIR.
type Tasks struct {
	Setup        // for every task, except Data, Test, and the seed. Train may name volumes of all tasks
	Of    []Task // in the order of the tables
	Seeds []uint64
}

// Task is a named dataset; the name is used for its folder and its rows.
type Task struct {
	Name string
	Data *train.Dataset
}

// finishedTask is a finished ablation of a task.
type finishedTask struct {
	task   int
	seed   uint64
	sizes  []int // training volumes of each protocol, in the order of Setup.Volumes
	result *Result
}

// RunTasks does all ablations, those of the first seed first, and rewrites the tables after each. As with Run,
// finished work is kept. Volumes are split once, with the first seed, and the start weights are tested once. If Train
// names fewer volumes of a task than a protocol takes, the protocol uses all of those.
func RunTasks(ctx context.Context, t Tasks) (*Table, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	var all []finishedTask
	var table *Table
	for _, seed := range t.Seeds {
		for i := range t.Of {
			d, err := t.run(ctx, i, seed, all)
			if err != nil {
				return table, err
			}
			all = append(all, d)
			table = t.table(all)
			if err := table.write(t.Dir); err != nil {
				return table, err
			}
		}
	}
	return table, nil
}

// check fills in defaults and rejects impossible settings.
func (t *Tasks) check() error {
	if t.Memories == nil {
		t.Memories = Memories()
	}
	if t.Volumes == nil {
		t.Volumes = Protocols()
	}
	if len(t.Of) == 0 || len(t.Seeds) == 0 || t.Dir == "" {
		return errors.New("ablate: no task, no seed or no folder is given")
	}
	for i, task := range t.Of {
		switch {
		case !filepath.IsLocal(task.Name) || task.Name != filepath.Base(task.Name) || task.Name == "." || task.Name == AllTasks:
			return fmt.Errorf("ablate: a task cannot be called %q: it names a folder and rows of the table; rename the dataset", task.Name)
		case slices.ContainsFunc(t.Of[:i], func(other Task) bool { return other.Name == task.Name }):
			return fmt.Errorf("ablate: two tasks are called %q", task.Name)
		}
	}
	for i, seed := range t.Seeds {
		if slices.Contains(t.Seeds[:i], seed) {
			return fmt.Errorf("ablate: seed %d is given twice", seed)
		}
	}
	return nil
}

// run does a task's ablation with a seed.
func (t *Tasks) run(ctx context.Context, i int, seed uint64, before []finishedTask) (finishedTask, error) {
	task := t.Of[i]
	s := t.Setup
	s.Data, s.Recipe.Seed = task.Data, seed
	s.Dir = filepath.Join(t.Dir, task.Name, fmt.Sprintf("seed-%d", seed))
	s.Train = t.trainingOf(task)
	d := finishedTask{task: i, seed: seed, sizes: t.sizes(s.Train)}
	if first := slices.IndexFunc(before, func(d finishedTask) bool { return d.task == i }); first >= 0 {
		settings := before[first].result.Settings
		s.Train, s.Test = settings.Train, settings.Test
	}
	s.Volumes = nil
	for _, n := range d.sizes {
		if !slices.Contains(s.Volumes, n) && (n > 0 || s.Test == nil) {
			s.Volumes = append(s.Volumes, n)
		}
	}
	if len(s.Volumes) == 0 { // nothing depends on the seed
		return d, fmt.Errorf("ablate: %s: several seeds, but no fine-tuning, are asked for", task.Name)
	}
	if say := t.Progress; say != nil {
		s.Progress = func(p Progress) {
			p.Name = fmt.Sprintf("%s, seed %d, %s", task.Name, seed, p.Name)
			say(p)
		}
	}
	var err error
	if d.result, err = Run(ctx, s); err != nil {
		err = fmt.Errorf("%s, seed %d: %w", task.Name, seed, err)
	}
	return d, err
}

// trainingOf returns the named training volumes that belong to a task; nil if none are named.
func (t *Tasks) trainingOf(task Task) []string {
	if t.Train == nil {
		return nil
	}
	own := []string{}
	for _, name := range t.Train {
		if slices.Contains(task.Data.Names(), name) {
			own = append(own, name)
		}
	}
	return own
}

// sizes is how many volumes each protocol trains on, given the named training volumes.
func (t *Tasks) sizes(training []string) []int {
	out := slices.Clone(t.Volumes)
	if training != nil {
		for i := range out {
			out[i] = min(out[i], len(training))
		}
	}
	return out
}

package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
)

// train does a whole training run; text says what it gained.
func (l *Learner) train(ctx context.Context, id string, limit time.Duration) (text string, err error) {
	run, err := l.folder.Keep(kind, id, ".run")
	if err != nil {
		return "", err
	}
	if err := l.sweep(); err != nil {
		return "", err
	}
	defer os.RemoveAll(run) // if this fails, the next run's sweep tries again
	dev, err := l.Open()
	if err != nil {
		return "", err
	}
	defer dev.Close()
	if err := l.served.turns.rest(ctx); err != nil {
		return "", err
	}
	defer l.served.turns.end()
	p, err := l.prepare(ctx, dev, limit)
	if err != nil {
		return "", err
	}
	m, start, err := train.Begin(dev, p.start, p.recipe)
	if err != nil {
		return "", err
	}
	t, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: p.recipe, Train: p.train, Held: p.held, Dir: run, Start: start,
		Report: l.report, Pause: l.served.turns.rest})
	if err != nil {
		return "", err
	}
	if err := t.Run(ctx); err != nil {
		return "", err
	}
	l.served.turns.end()
	w := Weights{ID: id, Made: time.Now().UTC(), Volumes: p.names, Start: l.served.base.Weights}
	if g, ok := t.Gain(); ok {
		w.Gain, w.Text = &g, g.String()
		if g.Kept && g.Shift == 0 {
			return w.Text, nil
		}
	}
	if err := l.keep(w, train.Files(run)["best"]); err != nil {
		return "", err
	}
	return w.Text, l.Serve(id)
}

// prepared is the input of a training run.
type prepared struct {
	recipe      train.Recipe
	train, held train.Source
	start       train.StartOptions
	names       []string
}

// prepare chooses data and recipe as slmsam train does by default.
func (l *Learner) prepare(ctx context.Context, dev backend.Device, limit time.Duration) (prepared, error) {
	p := prepared{start: train.StartOptions{Init: l.Init, Resolution: l.Resolution}}
	config, err := p.start.Config()
	if err != nil {
		return p, err
	}
	data, err := train.Open(l.folder.Reviewed(), train.CaseOptions{Axis: -1, Window: config.Window})
	if err != nil {
		return p, err
	}
	p.train, p.names = data, data.Names()
	if p.recipe, _, err = train.RecipeFor(config, false).Fit(ctx, dev, p.start, data, l.served.turns.rest); err != nil {
		return p, err
	}
	switch {
	case limit > 0:
		p.recipe = p.recipe.WithLimit(limit)
	case p.recipe.Time != "":
		p.recipe = p.recipe.WithBudget(data.Len())
	}
	if l.Adjust != nil {
		p.recipe = l.Adjust(p.recipe)
	}
	if err := train.CheckData(data, nil, p.recipe); err != nil {
		return p, err
	}
	p.start.Window = train.WindowOf(data)
	rest, held, _, err := train.HoldBack(data, p.recipe)
	if err == nil && held != nil {
		p.train, p.held = rest, held
	}
	return p, err
}

// report updates the state of the training run.
func (l *Learner) report(p train.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.last
	t.Step, t.Part, t.Left = p.Step, p.Part, p.Remaining.Seconds()
	if v := p.Validation; v != nil {
		if t.Before == nil {
			before := v.DSC
			t.Before = &before
		}
		best := p.Best
		t.Best = &best
	}
	switch {
	case p.Shift != nil:
		t.Text, t.Left = "calibrating when an object counts as absent", 0
	case p.Total > 0:
		t.Text = fmt.Sprintf("step %d of %d", p.Step, p.Total)
	default:
		t.Text = fmt.Sprintf("step %d", p.Step)
	}
}

// keep moves weights to the folder of weights, and writes their record.
func (l *Learner) keep(w Weights, from string) error {
	path, err := l.folder.Keep(kind, w.ID, ".safetensors")
	if err != nil {
		return err
	}
	record, err := l.folder.Keep(kind, w.ID, ".json")
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	if err := wholefile.WriteBytes(record, append(data, '\n')); err != nil {
		return err
	}
	if err := os.Rename(from, path); err != nil {
		return fmt.Errorf("save the new weights: %w", err)
	}
	return nil
}

// sweep removes what training runs left behind that were killed.
func (l *Learner) sweep() error {
	dir, err := l.dir()
	if err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.run"))
	if err != nil {
		return err
	}
	for _, run := range left {
		if err := os.RemoveAll(run); err != nil {
			return fmt.Errorf("remove what an earlier training run left: %w", err)
		}
	}
	return nil
}

var _ annotate.Trainer = (*Learner)(nil)

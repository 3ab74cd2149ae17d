package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Setup is what a Trainer works with.
type Setup struct {
	Recipe Recipe
	Train  Source
	Held   Source // volumes for validation; nil validates on the training volumes (for Mixed, on the first part)
	Dir    string // the run's folder; created if needed
	Start  Start
	Report func(Progress) // called for every step and validation; may be nil

	// LastOnly skips validation and recalibration, which look for the best weights, for callers that use the last
	// ones.
	LastOnly bool

	// Pause, unless nil, is called between pieces of work: before each group of clips and each slice of a validation. Nothing
	// is computed until it returns, so that others can use the device. An error from it ends the training.
	Pause func(context.Context) error
}

// Trainer trains a model. All randomness depends on the recipe's seed and the step number, so resumed training gives
// bit-identical results to uninterrupted training (except when limited by time, since the schedule then follows the
// clock).
type Trainer struct {
	Setup
	model    *slmsam.Model
	g        *nn.Graph
	adam     *nn.AdamW
	params   []*nn.Param // those being trained
	sampler  *Sampler
	total    int // steps
	division division
	team     []*worker // nil until the first step
	trusted  bool      // PriorTrusted of the start model

	state   state
	began   time.Time // start of the run, excluding time when it was interrupted
	journal *journal
	average average
}

// Progress is passed to Report.
type Progress struct {
	Step, Total int     // steps done and in all; Total is 0 if training is limited by time
	Part        float64 // done, in 0..1
	Remaining   time.Duration
	Metrics     Metrics     // of this step; without a clip if only a validation was run
	Validation  *Validation // the validation after this step, if there was one
	Best        float64     // validation DSC of the best weights so far
	Shift       *float64    // presence shift tried by recalibration; nil before that
}

// New prepares a training that starts from the model's current weights. The folder must not contain a run.
func New(g *nn.Graph, m *slmsam.Model, s Setup) (*Trainer, error) {
	t, err := newTrainer(g.Device(), g, m, s)
	if err != nil {
		return nil, err
	}
	if HoldsRun(s.Dir) {
		return nil, fmt.Errorf("train: %s already holds a run: resume it, or choose another folder", s.Dir)
	}
	if err := os.MkdirAll(filepath.Join(s.Dir, sampleDir), 0o755); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	t.state = state{Data: Fingerprint(t.Train), Start: s.Start, Best: -1, Validate: s.Start.Path != Fresh && !s.LastOnly}
	return t, t.writeSettings()
}

// Resume continues the run in the folder. Weights, optimizer state, and position come from there; the recipe comes
// from RunConfig and may have been extended with Recipe.Prolonged.
func Resume(g *nn.Graph, m *slmsam.Model, s Setup) (*Trainer, error) {
	t, err := newTrainer(g.Device(), g, m, s)
	if err != nil {
		return nil, err
	}
	if err := t.load(); err != nil {
		return nil, err
	}
	t.trust(t.state.Step)
	return t, t.prolong()
}

// newTrainer checks the setup and prepares what New and Resume share. Batches are divided as on dev.
func newTrainer(dev backend.Device, g *nn.Graph, m *slmsam.Model, s Setup) (*Trainer, error) {
	s.Recipe = s.Recipe.Inherit(m.Config)
	if err := s.Recipe.Validate(); err != nil {
		return nil, err
	}
	if s.Train.Len() == 0 {
		return nil, errors.New("train: the dataset is empty")
	}
	if s.Recipe.Regions > 0 {
		s.Train = withRegions(s.Train, s.Recipe)
	}
	t := &Trainer{Setup: s, model: m, g: g, adam: nn.NewAdamW(g), total: s.Recipe.TotalSteps(Volumes(s.Train)), trusted: m.Config.PriorTrusted}
	t.sampler = NewSampler(s.Train, s.Recipe, m.Config.ImageSize).For(m.Config)
	t.params = s.Recipe.mark(m.Params)
	if len(t.params) == 0 {
		return nil, fmt.Errorf("train: freeze %q leaves nothing to train", s.Recipe.Freeze)
	}
	g.Recompute = s.Recipe.Recompute
	var err error
	t.division, err = divide(dev, m.Config, s.Recipe)
	return t, err
}

// Trained is the number of parameter values being trained.
func (t *Trainer) Trained() int {
	n := 0
	for _, p := range t.params {
		n += p.Tensor.Len()
	}
	return n
}

// Step is the number of steps done.
func (t *Trainer) Step() int { return t.state.Step }

// Run trains to the end of the recipe, and then recalibrates the presence score if the recipe says so. If ctx ends,
// it saves and returns ctx's error.
func (t *Trainer) Run(ctx context.Context) (err error) {
	if err := t.removeLeftovers(); err != nil {
		return err
	}
	if t.journal, err = openJournal(t.Dir, t.state.Step); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.journal.close()) }()
	defer t.dismiss()
	t.began = time.Now().Add(-time.Duration(t.state.Elapsed * float64(time.Second)))
	clips := newPrefetch(ctx, t.sampler, t.state.Step*t.Recipe.Batch, t.ahead())
	defer clips.close()
	err = t.begin(ctx)
	for err == nil && !t.finished() {
		err = t.advance(ctx, clips)
	}
	if err == nil && t.Recipe.Calibrate && !t.LastOnly && !t.state.Calibrated {
		err = t.calibrate(ctx)
	}
	if err != nil && !errors.Is(err, errSave) {
		err = errors.Join(err, t.save())
	}
	return err
}

// begin runs a validation that is still due: that of the start weights or, after an interruption, of a later step.
func (t *Trainer) begin(ctx context.Context) error {
	v, err := t.complete(ctx, false)
	if err == nil && v != nil {
		t.report(Metrics{Step: t.state.Step}, v)
	}
	return err
}

// ahead is how many clips to prepare in advance: the next step's, but at least a few.
func (t *Trainer) ahead() int {
	const few = 4
	return max(few, t.Recipe.Batch)
}

// elapsed is the training time, including earlier processes of the run.
func (t *Trainer) elapsed() time.Duration { return time.Since(t.began) }

// finished reports whether the recipe's end has been reached.
func (t *Trainer) finished() bool {
	if limit, _ := t.Recipe.limit(); limit > 0 && t.elapsed() >= limit {
		return t.state.Step > 0 && t.state.Finished
	}
	return t.state.Step >= t.total
}

// advance runs a step and what is due after it: records, validation, checkpoints.
func (t *Trainer) advance(ctx context.Context, clips *prefetch) error {
	metrics, err := t.step(ctx, clips)
	if err != nil {
		return err
	}
	t.state.Step++
	t.trust(t.state.Step)
	t.state.Elapsed = t.elapsed().Seconds()
	limit, _ := t.Recipe.limit()
	last := t.state.Step >= t.total || limit > 0 && t.elapsed() >= limit
	t.state.Finished = last
	if err := t.journal.step(metrics); err != nil {
		return err
	}
	due := func(each int) bool { return last || each > 0 && t.state.Step%each == 0 }
	t.state.Validate = !t.LastOnly && (last || due(t.Recipe.ValidateEach) && t.canValidate())
	v, err := t.complete(ctx, due(t.Recipe.SaveEach))
	if err != nil {
		return err
	}
	t.report(metrics, v)
	return nil
}

// complete runs the validation if one is due, and saves. A training stopped in between runs it when resumed.
func (t *Trainer) complete(ctx context.Context, save bool) (v *Validation, err error) {
	if t.state.Validate {
		v, err = t.validate(ctx)
		if err != nil {
			return nil, err
		}
		t.state.Validate = false
	}
	if v != nil || save {
		err = t.save()
	}
	return v, err
}

// report calls Report with the progress after a step.
func (t *Trainer) report(m Metrics, v *Validation) {
	if t.Report == nil {
		return
	}
	p := Progress{Step: t.state.Step, Metrics: m, Validation: v, Best: t.state.Best}
	if limit, _ := t.Recipe.limit(); limit > 0 {
		p.Part = min(1, t.elapsed().Seconds()/limit.Seconds())
	} else {
		p.Total, p.Part = t.total, float64(t.state.Step)/float64(t.total)
	}
	if p.Part > 0 {
		p.Remaining = time.Duration(float64(t.elapsed()) * (1 - p.Part) / p.Part)
	}
	t.Report(p)
}

// step accumulates the gradients of a batch of clips and updates the parameters.
func (t *Trainer) step(ctx context.Context, clips *prefetch) (Metrics, error) {
	began, r := time.Now(), t.Recipe
	t.training(true)
	defer t.training(false)
	m := Metrics{Step: t.state.Step + 1, Epoch: float64(t.state.Step*r.Batch) / float64(Volumes(t.Train))}
	batch := make([]*Clip, r.Batch)
	for i := range batch {
		var err error
		if batch[i], err = clips.next(ctx); err != nil {
			return m, err
		}
	}
	if err := t.learn(ctx, batch, t.state.Step*r.Batch, &m); err != nil {
		return m, err
	}
	norm, err := t.g.GradNorm(t.params)
	t.g.Free()
	if err != nil {
		return m, fmt.Errorf("train: gradients of clip %s: %w", m.Clip, err)
	}
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return m, fmt.Errorf("train: step %d: %w: the gradient is not finite after clip %s; lower the learning rates, or check that volume", m.Step, errDiverged, m.Clip)
	}
	rates, where := r.at(t.state.Step, t.total, t.elapsed())
	rates.UpdateWithNorm(t.adam, t.params, t.model.Config.Trunk.Depth(), where, norm)
	if err := t.average.add(t.params, t.Recipe.Average); err != nil {
		return m, err
	}
	for _, p := range t.params {
		p.Tensor.ZeroGrad()
	}
	m.LR, m.EncoderLR, m.GradNorm = rates.LR*rates.Cosine(where), rates.EncoderLR*rates.Cosine(where), norm
	m.Seconds = time.Since(began).Seconds()
	return m, t.g.Sync()
}

// training switches between training and inference behavior.
func (t *Trainer) training(on bool) {
	t.g.Training = on && (t.Recipe.Dropout > 0 || t.Recipe.DropPath > 0)
	t.model.Heads.Training = on
}

// stepSeed is the dropout seed for clip n and the clips computed together with it.
func stepSeed(seed uint64, n int) uint64 {
	z := seed + stepStream + uint64(n)*0x9e3779b97f4a7c15 // splitmix64
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	return (z ^ z>>27) * 0x94d049bb133111eb >> 32
}

package learn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
)

// Options are the settings of a Learner.
type Options struct {
	Init       string // the weights that the server was started with, as slmsam.Open takes them: trainings begin with them
	Resolution int    // side of the model's input; 0: that of the weights

	Open   func() (backend.Device, error)           // a device for one training
	Load   func(path string) (*slmsam.Model, error) // a model to serve
	Adjust func(train.Recipe) train.Recipe          // changes what slmsam train would do without choices; may be nil
	Log    *slog.Logger
}

// Learner trains and keeps the weights that come out. It implements annotate.Trainer.
type Learner struct {
	folder *folder.Folder
	served *Served
	Options

	ctx    context.Context // of trainings
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	last    *annotate.Training
	stop    context.CancelFunc // of the training that runs
	serving string             // the record's ID; empty: the weights that the server was started with
}

// kind names the folder of weights within .slmsam.
const kind = "models"

// New returns a learner on a folder. The weights that served last serve again, if they came from those that the server was
// started with now.
func New(f *folder.Folder, served *Served, o Options) (*Learner, error) {
	l := &Learner{folder: f, served: served, Options: o}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	id, err := l.chosen()
	if err != nil || id == "" {
		return l, err
	}
	switch err := l.Serve(id); {
	case errors.Is(err, errOtherStart), errors.Is(err, folder.ErrUnknown):
		l.Log.Warn("the folder's fine-tuned weights are not in use: they were trained from weights other than those the server was started with, or are gone", "weights", id)
	case err != nil:
		return nil, err
	default:
		l.Log.Info("using the weights that were fine-tuned on the folder's reviewed volumes: " + id)
	}
	return l, nil
}

// Close stops a training that runs and waits for it.
func (l *Learner) Close() error {
	l.cancel()
	l.work.Wait()
	return nil
}

// Start implements annotate.Trainer.
func (l *Learner) Start(limit time.Duration) (annotate.Training, error) {
	if limit < 0 {
		return annotate.Training{}, annotate.Inputf("the training time is %v: want more than zero", limit)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		return annotate.Training{}, annotate.ErrTraining
	}
	if err := l.ctx.Err(); err != nil {
		return annotate.Training{}, errors.New("the server is shutting down")
	}
	volumes, err := l.folder.ListReviewed()
	if err != nil {
		return annotate.Training{}, err
	}
	if volumes == 0 {
		return annotate.Training{}, annotate.Inputf("nothing to learn from: mark a volume as reviewed first")
	}
	now := time.Now().UTC()
	t := annotate.Training{ID: now.Format("20060102T150405.000"), State: annotate.TrainingRuns, Text: "reading the volumes", Volumes: volumes, Started: now}
	ctx, stop := context.WithCancel(l.ctx)
	l.last, l.stop = &t, stop
	l.work.Add(1)
	go func() {
		defer l.work.Done()
		defer stop()
		l.end(l.train(ctx, t.ID, limit))
	}()
	return t, nil
}

// end records how a training ended.
func (l *Learner) end(text string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.last
	l.stop = nil
	t.Ended, t.Left = time.Now().UTC(), 0
	switch {
	case err == nil:
		t.State, t.Text, t.Part = annotate.TrainingDone, text, 1
	case errors.Is(err, context.Canceled):
		t.State, t.Text = annotate.TrainingStopped, "stopped; the weights in use are unchanged"
	default:
		l.Log.Error("training failed", "error", err)
		t.State, t.Text = annotate.TrainingFailed, strings.ReplaceAll(err.Error(), filepath.Dir(l.folder.Reviewed())+string(filepath.Separator), "")
	}
}

// Stop implements annotate.Trainer.
func (l *Learner) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		l.stop()
	}
}

// Last implements annotate.Trainer.
func (l *Learner) Last() (annotate.Training, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		return annotate.Training{}, false
	}
	return *l.last, true
}

// Weights is a record of weights that came out of a training.
type Weights struct {
	ID      string      `json:"id"`
	Made    time.Time   `json:"made"`
	Volumes []string    `json:"volumes"` // that it was trained on or validated on
	Gain    *train.Gain `json:"gain,omitempty"`
	Text    string      `json:"text"`  // the gain in words
	Start   string      `json:"start"` // SHA-256 of the weights that the training began with
}

// List lists the weights that came from those that the server was started with, oldest first; serving is the ID of those
// that serve, empty for those that the server was started with.
func (l *Learner) List() (list []Weights, serving string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	dir, err := l.dir()
	if err != nil {
		return nil, "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil {
		return nil, "", err
	}
	list = []Weights{}
	for _, file := range files {
		w, err := l.record(strings.TrimSuffix(filepath.Base(file), ".safetensors"))
		if err != nil {
			l.Log.Warn("weights are left out of the list", "reason", err)
			continue
		}
		if w.Start == l.served.base.Weights {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b Weights) int { return strings.Compare(a.ID, b.ID) })
	return list, l.serving, nil
}

var errOtherStart = errors.New("the weights were not trained from those that the server was started with")

// Serve lets weights of the list serve, by ID; empty: those that the server was started with. folder.ErrUnknown: there are
// none of that name.
func (l *Learner) Serve(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == l.serving {
		return nil
	}
	var m *slmsam.Model
	if id != "" {
		w, err := l.record(id)
		if err != nil {
			return err
		}
		if w.Start != l.served.base.Weights {
			return errOtherStart
		}
		path, err := l.folder.Keep(kind, id, ".safetensors")
		if err != nil {
			return err
		}
		if m, err = l.Load(path); err != nil {
			return err
		}
	}
	if err := l.choose(id); err != nil {
		return err
	}
	l.served.use(m)
	l.serving = id
	return nil
}

// dir is the folder of weights.
func (l *Learner) dir() (string, error) {
	path, err := l.folder.Keep(kind, "x", "")
	return filepath.Dir(path), err
}

// record reads what is known of weights; folder.ErrUnknown: there are none of that name.
func (l *Learner) record(id string) (Weights, error) {
	path, err := l.folder.Keep(kind, id, ".json")
	if err != nil {
		return Weights{}, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Weights{}, folder.ErrUnknown
	}
	var w Weights
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	if err == nil && w.ID != id {
		err = errors.New("it is the record of different weights")
	}
	if err != nil {
		return Weights{}, fmt.Errorf("read %s: %w", path, err)
	}
	return w, nil
}

// choice is what serving.json says.
type choice struct {
	Weights string `json:"weights"`
}

// chosen is the ID of the weights that are to serve.
func (l *Learner) chosen() (string, error) {
	path, err := l.folder.Keep("", "serving", ".json")
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	var c choice
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return "", fmt.Errorf("read which weights to use: %s: %w (remove the file to use those that the server is started with)", path, err)
	}
	return c.Weights, nil
}

// choose keeps which weights are to serve.
func (l *Learner) choose(id string) error {
	path, err := l.folder.Keep("", "serving", ".json")
	if err != nil {
		return err
	}
	data, err := json.Marshal(choice{id})
	if err != nil {
		return err
	}
	return wholefile.WriteBytes(path, append(data, '\n'))
}

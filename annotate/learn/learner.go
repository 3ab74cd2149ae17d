package learn

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
)

// Options are the settings of a Learner.
type Options struct {
	Init       string // the weights the server was started with, as for slmsam.Open: training starts from them
	Resolution int    // side of the model's input; 0: that of the weights

	Open   func() (backend.Device, error)           // opens a device for a training run
	Load   func(path string) (*slmsam.Model, error) // loads a model to use
	Adjust func(train.Recipe) train.Recipe          // changes the default recipe of slmsam train; may be nil
	Log    *slog.Logger
}

// Learner trains, and keeps the resulting weights. It implements annotate.Trainer.
type Learner struct {
	folder *folder.Folder
	served *Served
	Options

	ctx    context.Context // of training runs
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	last    *annotate.Training
	stop    context.CancelFunc // stops the current training run; nil if there is none
	serving string             // ID of the weights in use; empty: those the server was started with
}

// kind is the name of the folder for weights in .slmsam.
const kind = "models"

// New returns a learner on a folder. The weights that were last in use are used again, provided they were trained from those
// that the server has now been started with.
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

// Close stops the current training run and waits for it to end.
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
		l.end(l.caught(ctx, t.ID, limit))
	}()
	return t, nil
}

// end records how a training run ended.
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

// caught is train, with a panic turned into an error: a fault in a training run must not end the server. What it was is for the
// log, not for annotators.
func (l *Learner) caught(ctx context.Context, id string, limit time.Duration) (text string, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &train.Fault{Panic: fault, Stack: debug.Stack()}
		}
		var fault *train.Fault
		if errors.As(err, &fault) {
			l.Log.Error("fault in a training run", "fault", fault.Panic, "stack", string(fault.Stack))
			err = errors.New("internal error; the server's log says more")
		}
	}()
	return l.train(ctx, id, limit)
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

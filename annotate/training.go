package annotate

import (
	"errors"
	"time"
)

// Trainer fine-tunes a server's model on the reviewed volumes, in one training run at a time. Its methods may be called from
// several goroutines at once.
type Trainer interface {
	// Start starts a training run of at most the given duration; 0 derives it from the number of volumes. Better weights are
	// used as soon as the run ends. Start returns ErrTraining if a run is in progress, and an InputError if there is nothing
	// to learn from.
	Start(limit time.Duration) (Training, error)
	// Stop stops the current training run. The weights in use stay.
	Stop()
	// Last returns the current or last training run; false if there was none.
	Last() (Training, bool)
}

// ErrTraining means that a training run is already in progress.
var ErrTraining = errors.New("training is already running: wait for it, or stop it")

// Training describes a training run.
type Training struct {
	ID      string        `json:"id"`
	State   TrainingState `json:"state"`
	Text    string        `json:"text"` // what it is doing, what it gained, or why it failed
	Volumes int           `json:"volumes"`
	Started time.Time     `json:"started"`
	Ended   time.Time     `json:"ended,omitzero"`
	Part    float64       `json:"part"` // share of the work done, 0 to 1
	Left    float64       `json:"left"` // estimated seconds to go; 0: unknown
	Step    int           `json:"step"`
	Before  *float64      `json:"before,omitempty"` // DSC of the start weights over whole held-out volumes
	Best    *float64      `json:"best,omitempty"`   // DSC of the best weights so far
}

// TrainingState is the state of a training run.
type TrainingState string

// The states of a training run.
const (
	TrainingRuns    TrainingState = "running"
	TrainingDone    TrainingState = "done"
	TrainingFailed  TrainingState = "failed"
	TrainingStopped TrainingState = "stopped"
)

package annotate

import (
	"errors"
	"time"
)

// Trainer fine-tunes the model that a server uses on the volumes that were reviewed, one training at a time. Its methods may
// be called from several goroutines at once.
type Trainer interface {
	// Start begins a training that takes limit at most; 0: as long as the number of volumes calls for. What it learned
	// serves from then on. ErrTraining: one is running. An InputError: there is nothing to learn from.
	Start(limit time.Duration) (Training, error)
	// Stop ends the training that is running; the weights that serve stay.
	Stop()
	// Last is the training that is running or ran last; false: there was none.
	Last() (Training, bool)
}

// ErrTraining means that a training is running already.
var ErrTraining = errors.New("training is already running: wait for it, or stop it")

// Training is how a training stands.
type Training struct {
	ID      string        `json:"id"`
	State   TrainingState `json:"state"`
	Text    string        `json:"text"` // what it is doing, what was gained, or why it failed
	Volumes int           `json:"volumes"`
	Started time.Time     `json:"started"`
	Ended   time.Time     `json:"ended,omitzero"`
	Part    float64       `json:"part"` // of the work, 0 to 1
	Left    float64       `json:"left"` // seconds, about; 0: unknown
	Step    int           `json:"step"`
	Before  *float64      `json:"before,omitempty"` // DSC over whole volumes held out, of the weights that it began with
	Best    *float64      `json:"best,omitempty"`   // and of the best ones so far
}

// TrainingState is how a training is going.
type TrainingState string

// The states of a training.
const (
	TrainingRuns    TrainingState = "running"
	TrainingDone    TrainingState = "done"
	TrainingFailed  TrainingState = "failed"
	TrainingStopped TrainingState = "stopped"
)

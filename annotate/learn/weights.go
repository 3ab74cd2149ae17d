package learn

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/train"
)

// Weights is the record of the weights from a training run.
type Weights struct {
	ID      string      `json:"id"`
	Made    time.Time   `json:"made"`
	Volumes []string    `json:"volumes"` // names of the volumes that were used for training or validation
	Gain    *train.Gain `json:"gain,omitempty"`
	Text    string      `json:"text"`  // the gain in words
	Start   string      `json:"start"` // SHA-256 of the weights that training started from
}

// List lists the weights that were trained from those the server was started with, oldest first. serving is the ID of the
// weights in use, empty for those the server was started with.
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

var errOtherStart = errors.New("the weights were not trained from those the server was started with")

// Serve switches to the weights with this ID, or to those the server was started with if it is empty. It returns
// folder.ErrUnknown if there are no such weights.
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

// dir returns the folder of weights.
func (l *Learner) dir() (string, error) {
	path, err := l.folder.Keep(kind, "x", "")
	return filepath.Dir(path), err
}

// record reads the record of weights, or returns folder.ErrUnknown.
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

// choice is the content of serving.json.
type choice struct {
	Weights string `json:"weights"`
}

// chosen reads the ID of the weights to use.
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

// choose stores the ID of the weights to use.
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

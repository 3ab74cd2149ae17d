package ablate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/train"
)

// settingsFile records what an ablation's folder holds.
const settingsFile = "ablation.json"

// Settings is everything that finished runs depend on. Memory settings and protocols may be added to a folder later.
type Settings struct {
	Data       string       `json:"data"` // train.Fingerprint
	Train      []string     `json:"train"`
	Test       []string     `json:"test"`
	Start      train.Start  `json:"start,omitzero"`
	Starts     []OwnStart   `json:"starts,omitempty"` // for the memory settings that start elsewhere, in the setup's order
	Resolution int          `json:"resolution,omitempty"`
	Recipe     train.Recipe `json:"recipe"` // each run sets its own memory
}

// OwnStart is where the runs of one memory setting start.
type OwnStart struct {
	Memory string `json:"memory"`
	train.Start
}

// describe returns the settings of the ablation with the given split.
func (a *ablation) describe(training, test []string) (s Settings, err error) {
	s = Settings{Data: train.Fingerprint(a.Data), Train: training, Test: test, Recipe: a.Recipe, Resolution: a.Start.Resolution}
	for _, m := range a.Memories {
		own := a.Starts[m]
		if own == "" {
			continue
		}
		start, err := describeStart(train.StartOptions{Init: own, Model: a.Start.Model})
		if err != nil {
			return s, err
		}
		s.Starts = append(s.Starts, OwnStart{m.String(), start})
	}
	if a.Start.Init != "" {
		s.Start, err = describeStart(a.Start)
	}
	return s, err
}

// describeStart identifies start weights by their hash, or fresh ones by their preset.
func describeStart(o train.StartOptions) (train.Start, error) {
	s := train.Start{Path: o.Init}
	if o.Init == train.Fresh {
		s.Model = o.Model
		return s, nil
	}
	f, err := slmsam.FindWeights(o.Init)
	if err != nil {
		return s, fmt.Errorf("ablate: start weights: %w", err)
	}
	s.SHA256 = checkpoint.Digest(f.Tensors)
	return s, nil
}

// checkSettings writes the settings into a new folder, or checks them against those of an existing one.
func checkSettings(dir string, s Settings) error {
	path := filepath.Join(dir, settingsFile)
	var old Settings
	err := readJSON(path, &old)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("ablate: %w", err)
		}
		return writeJSON(path, s)
	}
	if err != nil {
		return err
	}
	if different := differences(old, s); len(different) > 0 {
		return fmt.Errorf("ablate: %w: %s has a different %s; give the same dataset and flags, or choose another folder",
			errOther, path, strings.Join(different, ", "))
	}
	return nil
}

// errOther is wrapped by the error for a folder that holds a different ablation.
var errOther = errors.New("the folder holds a different ablation")

// differences names the fields that differ.
func differences(a, b Settings) (names []string) {
	x, y := reflect.ValueOf(normalized(a)), reflect.ValueOf(normalized(b))
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// normalized makes equivalent settings equal: an empty list equals nil, and start weights with a hash may have moved.
func normalized(s Settings) Settings {
	if s.Start.SHA256 != "" {
		s.Start.Path = ""
	}
	s.Starts = slices.Clone(s.Starts)
	for i := range s.Starts {
		if s.Starts[i].SHA256 != "" {
			s.Starts[i].Path = ""
		}
	}
	if len(s.Recipe.Freeze) == 0 {
		s.Recipe.Freeze = nil
	}
	return s
}

// readJSON decodes a file into to.
func readJSON(path string, to any) error {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		return fmt.Errorf("ablate: read %s: %w", path, err)
	}
	return nil
}

// writeJSON writes v, indented; the file is written whole or not at all.
func writeJSON(path string, v any) error {
	return wholefile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

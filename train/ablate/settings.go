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
	"strings"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/train"
)

// settingsFile says what an ablation's folder holds.
const settingsFile = "ablation.json"

// Settings is everything that finished runs depend on. Memory settings and protocols may be added to a folder later.
type Settings struct {
	Data       string       `json:"data"` // train.Fingerprint
	Train      []string     `json:"train"`
	Test       []string     `json:"test"`
	Start      train.Start  `json:"start"`
	Resolution int          `json:"resolution,omitempty"`
	Recipe     train.Recipe `json:"recipe"` // its memory is each run's own
}

func (a *ablation) describe(training, test []string) (Settings, error) {
	s := Settings{Data: train.Fingerprint(a.Data), Train: training, Test: test, Recipe: a.Recipe, Resolution: a.Start.Resolution,
		Start: train.Start{Path: a.Start.Init}}
	if a.Start.Init == train.Fresh {
		s.Start.Model = a.Start.Model
		return s, nil
	}
	var err error
	s.Start.SHA256, err = checkpoint.SHA256(a.Start.Init)
	if err != nil {
		return s, fmt.Errorf("ablate: start weights: %w", err)
	}
	return s, nil
}

// agree writes the settings into a new folder, or compares them with those of the folder's runs.
func agree(dir string, s Settings) error {
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

// errOther is wrapped by the error for a folder that holds another ablation.
var errOther = errors.New("the folder holds another ablation")

// differences names the fields that are not the same. Start weights may have moved: their hash counts.
func differences(a, b Settings) (names []string) {
	if a.Start.SHA256 != "" {
		a.Start.Path = b.Start.Path
	}
	x, y := reflect.ValueOf(normal(a)), reflect.ValueOf(normal(b))
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// normal makes what means the same the same: an empty list and none.
func normal(s Settings) Settings {
	if len(s.Recipe.Freeze) == 0 {
		s.Recipe.Freeze = nil
	}
	return s
}

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

func writeJSON(path string, v any) error {
	return wholefile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Files in a run's folder.
const (
	stateFile   = "state.safetensors"   // everything needed to resume, in one file: replaced whole or not at all
	lastFile    = "last.safetensors"    // the weights of the state
	bestFile    = "best.safetensors"    // the best weights by validation; the start weights if nothing beats them
	averageFile = "average.safetensors" // the averaged weights (Recipe.Average)
	recipeFile  = "recipe.json"
	configFile  = "config.json"
	metricsFile = "metrics.jsonl"
	curvesFile  = "curves.png"
	sampleDir   = "samples"
)

// Keys of a checkpoint's metadata, in addition to slmsam.MetadataConfig.
const (
	MetadataRecipe  = "slmsam.train.recipe"
	MetadataMetrics = "slmsam.train.metrics"
	MetadataStart   = "slmsam.train.start"
	metadataState   = "slmsam.train.state"
)

// Prefixes of tensor names in the state file: weights, AdamW's two moments, and averaged weights, by parameter.
const (
	weightPrefix  = "model."
	firstPrefix   = "adam.m."
	secondPrefix  = "adam.v."
	averagePrefix = "average."

	// stepTensor keeps a state saved before the first step from looking like a checkpoint whose names all start with
	// "model.".
	stepTensor = "train.step"
)

// state is how far a training run has come.
type state struct {
	Step     int            `json:"step"` // steps done
	Elapsed  float64        `json:"elapsed_seconds"`
	Finished bool           `json:"finished"`
	Validate bool           `json:"validate"` // a validation of this step is still due
	Best     float64        `json:"best"`     // validation DSC of the best weights, -1 before the first
	BestStep int            `json:"best_step"`
	Updates  map[string]int `json:"updates"` // AdamW steps by parameter
	Data     string         `json:"data"`    // Fingerprint of the training volumes

	Validating float64       `json:"validating_seconds"` // part of Elapsed spent on validation
	Calibrated bool          `json:"calibrated"`         // the best weights' presence score was recalibrated
	Shift      float64       `json:"presence_shift"`     // by how much
	Before     []ObjectScore `json:"before"`             // scores of the start weights, if they were validated
	After      []ObjectScore `json:"after"`              // scores of the best weights
	Highest    []ObjectScore `json:"highest"`            // scores of the weights with the highest DSC

	Start Start `json:"start"`
}

// errSave is wrapped by errors from saving; there is no point in saving again after one.
var errSave = errors.New("the checkpoint could not be saved; the previous one was kept")

func (t *Trainer) path(name string) string { return filepath.Join(t.Dir, name) }

// writeSettings saves the recipe and the configuration beside the checkpoints.
func (t *Trainer) writeSettings() error {
	recipe, err := t.Recipe.JSON()
	if err != nil {
		return err
	}
	config, err := json.MarshalIndent(t.model.Config, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(replaceFile(t.path(recipeFile), append(recipe, '\n')), replaceFile(t.path(configFile), append(config, '\n')))
}

// replaceFile writes a small file whole or not at all.
func replaceFile(path string, data []byte) error {
	if err := wholefile.WriteBytes(path, data); err != nil {
		return fmt.Errorf("train: write %s: %w", path, err)
	}
	return nil
}

// removeLeftovers deletes what a killed process left half-written.
func (t *Trainer) removeLeftovers() error {
	for _, name := range []string{stateFile, lastFile, bestFile, averageFile} {
		old, err := filepath.Glob(t.path("." + name + ".*.tmp"))
		if err != nil {
			return fmt.Errorf("train: %s: %w", t.Dir, err)
		}
		for _, path := range old {
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("train: %w", err)
			}
		}
	}
	return nil
}

// metadata describes a checkpoint's origin.
func (t *Trainer) metadata() (map[string]string, error) {
	metrics := map[string]any{"step": t.state.Step, "elapsed_seconds": t.state.Elapsed}
	if best, step := t.Best(); best >= 0 {
		metrics["best_dsc"], metrics["best_step"], metrics["presence_shift"] = best, step, t.state.Shift
	}
	out := map[string]string{}
	for key, v := range map[string]any{slmsam.MetadataConfig: t.model.Config, MetadataRecipe: t.Recipe, MetadataMetrics: metrics, MetadataStart: t.state.Start} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out[key] = string(text)
	}
	return out, nil
}

// saveWeights writes the current weights alone.
func (t *Trainer) saveWeights(name string) error {
	weights, err := t.model.State()
	if err != nil {
		return err
	}
	return t.writeWeights(name, weights)
}

// writeWeights writes weights with the metadata of every checkpoint.
func (t *Trainer) writeWeights(name string, weights []checkpoint.Named) error {
	meta, err := t.metadata()
	if err != nil {
		return err
	}
	return checkpoint.WriteSafetensors(t.path(name), weights, meta, checkpoint.Options{Force: true})
}

// save writes the last weights and then the state, which is all that resuming reads.
func (t *Trainer) save() error {
	err := t.saveWeights(lastFile)
	if err == nil {
		err = t.saveAverage()
	}
	if err == nil {
		err = t.saveState()
	}
	if err != nil {
		return fmt.Errorf("train: step %d: %w: %w", t.state.Step, errSave, err)
	}
	return nil
}

// saveState writes the state file.
func (t *Trainer) saveState() error {
	weights, err := t.model.State()
	if err != nil {
		return err
	}
	var tensors []checkpoint.Named
	for _, w := range weights {
		tensors = append(tensors, checkpoint.Named{Name: weightPrefix + w.Name, Tensor: w.Tensor})
	}
	t.state.Updates = map[string]int{}
	for _, p := range t.params {
		m, v, n, err := t.adam.State(p)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		t.state.Updates[p.Name] = n
		tensors = append(tensors, checkpoint.Named{Name: firstPrefix + p.Name, Tensor: checkpoint.NewF32(m, p.Shape...)},
			checkpoint.Named{Name: secondPrefix + p.Name, Tensor: checkpoint.NewF32(v, p.Shape...)})
	}
	tensors = append(tensors, t.average.tensors(t.params)...)
	tensors = append(tensors, checkpoint.Named{Name: stepTensor, Tensor: checkpoint.NewF32([]float32{float32(t.state.Step)}, 1)})
	meta, err := t.metadata()
	if err != nil {
		return err
	}
	text, err := json.Marshal(t.state)
	if err != nil {
		return err
	}
	meta[metadataState] = string(text)
	return checkpoint.WriteSafetensors(t.path(stateFile), tensors, meta, checkpoint.Options{Force: true})
}

// load restores what saveState wrote.
func (t *Trainer) load() error {
	path := t.path(stateFile)
	f, err := checkpoint.ReadSafetensors(path) // keeps the tensor names unchanged
	if err != nil {
		return fmt.Errorf("train: resume: %w", err)
	}
	if err := json.Unmarshal([]byte(f.Metadata[metadataState]), &t.state); err != nil {
		return fmt.Errorf("train: resume: %s is not the state of a training run: %w", path, err)
	}
	if t.state.Highest == nil { // the run predates this field
		t.state.Highest = t.state.After
	}
	if data := Fingerprint(t.Train); data != t.state.Data {
		return fmt.Errorf("train: resume: the run in %s was trained on other volumes or labels (%s, now %s): give the same dataset and flags", t.Dir, t.state.Data, data)
	}
	weights := map[string]*checkpoint.Tensor{}
	for _, p := range t.model.Params.All() {
		if w := f.Tensors[weightPrefix+p.Name]; w != nil {
			weights[p.Name] = w
		}
	}
	if err := t.model.SetState(weights); err != nil {
		return fmt.Errorf("train: resume: %s: %w", path, err)
	}
	for _, p := range t.params {
		n, ok := t.state.Updates[p.Name]
		if !ok {
			continue
		}
		m, v := f.Tensors[firstPrefix+p.Name], f.Tensors[secondPrefix+p.Name]
		if m == nil || v == nil || m.Len() != p.Tensor.Len() || v.Len() != p.Tensor.Len() {
			return fmt.Errorf("train: resume: %s lacks the moments of %s", path, p.Name)
		}
		t.adam.SetState(p, m.Data, v.Data, n)
	}
	t.average = readAverage(f, t.params, t.state.Step)
	return nil
}

// HoldsRun reports whether dir contains a training run that can be resumed.
func HoldsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, stateFile))
	return err == nil
}

// RunConfig reads the recipe and the model configuration of a run to resume.
func RunConfig(dir string) (Recipe, slmsam.Config, error) {
	data, err := os.ReadFile(filepath.Join(dir, recipeFile))
	if err != nil {
		return Recipe{}, slmsam.Config{}, fmt.Errorf("train: resume: %s holds no run: %w", dir, err)
	}
	r, err := ParseRecipe(data)
	if err != nil {
		return Recipe{}, slmsam.Config{}, fmt.Errorf("train: resume: %s: %w", filepath.Join(dir, recipeFile), err)
	}
	c, err := slmsam.ReadConfig(filepath.Join(dir, configFile))
	return r, c, err
}

// Best returns the validation DSC of the best weights and their step; the DSC is -1 before the first validation.
func (t *Trainer) Best() (dsc float64, step int) { return t.state.Best, t.state.BestStep }

// Files returns the paths of a run's existing files, by kind.
func Files(dir string) map[string]string {
	out := map[string]string{"last": lastFile, "best": bestFile, "average": averageFile, "metrics": metricsFile, "curves": curvesFile, "recipe": recipeFile}
	for key, name := range out {
		out[key] = filepath.Join(dir, name)
	}
	maps.DeleteFunc(out, func(_, path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
	return out
}

package ablate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/train"
)

// Files in a run's folder.
const (
	trainDir      = "train"
	predictionDir = "predictions"
	resultFile    = "result.json" // written last: a run that has it is finished
)

// run is one memory setting under one protocol.
type run struct {
	volumes int
	memory  slmsam.Memory
}

// String is the run's name for display: "5 volumes, M7+R1".
func (r run) String() string { return ProtocolName(r.volumes) + ", " + r.memory.String() }

// folder is a protocol's name as a path element: "5-volumes".
func folder(volumes int) string { return strings.ReplaceAll(ProtocolName(volumes), " ", "-") }

// dir is the run's folder in an ablation's folder.
func (r run) dir(root string) string {
	return filepath.Join(root, folder(r.volumes), r.memory.String())
}

// Record is the content of a run's result file.
type Record struct {
	Volumes      int     `json:"volumes"`
	Memory       string  `json:"memory"`
	Device       string  `json:"device"`
	Steps        int     `json:"steps"`
	TrainSeconds float64 `json:"train_seconds"` // in this process: excludes time before training was resumed
	TestSeconds  float64 `json:"test_seconds"`
	Cases        int     `json:"cases"`
}

// report receives a run's progress: the phase, the fraction of it that is done, and the last training overlap (0:
// none).
type report func(phase string, part, dsc float64)

// resultOf does a run, or reads its result if it is finished.
func (a *ablation) resultOf(ctx context.Context, r run, say report) (Record, error) {
	path := filepath.Join(r.dir(a.Dir), resultFile)
	var record Record
	err := readJSON(path, &record)
	if err == nil {
		say("done before", 1, 0)
		return record, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return record, err
	}
	if err := ctx.Err(); err != nil {
		return record, err
	}
	if err := os.MkdirAll(filepath.Join(r.dir(a.Dir), predictionDir), 0o755); err != nil {
		return record, err
	}
	if record, err = a.compute(ctx, r, say); err != nil {
		return record, err
	}
	say("done", 1, 0)
	return record, writeJSON(path, record)
}

// compute fine-tunes a model on its own device and propagates through the test volumes.
func (a *ablation) compute(ctx context.Context, r run, say report) (Record, error) {
	record := Record{Volumes: r.volumes, Memory: r.memory.String(), Cases: a.test.Len()}
	dev, err := a.Open()
	if err != nil {
		return record, err
	}
	defer dev.Close()
	record.Device = dev.Name()
	recipe := a.Recipe
	recipe.Memory = r.memory
	m, start, err := train.Begin(dev, a.startOf(r.memory), recipe)
	if err != nil {
		return record, err
	}
	g := nn.NewGraph(dev)
	began := time.Now()
	if r.volumes > 0 {
		setup := train.Setup{Recipe: recipe, Start: start, Dir: filepath.Join(r.dir(a.Dir), trainDir), LastOnly: true}
		setup.Report = func(p train.Progress) {
			overlap := 0.0
			if p.Metrics.Overlap != nil {
				overlap = *p.Metrics.Overlap
			}
			say("fine-tuning", p.Part, overlap)
		}
		if record.Steps, err = a.fineTune(ctx, g, m, r, setup); err != nil {
			return record, err
		}
		record.TrainSeconds = time.Since(began).Seconds()
	}
	began = time.Now()
	err = a.predict(ctx, m, r, say)
	record.TestSeconds = time.Since(began).Seconds()
	return record, err
}

// fineTune trains to the end of the budget, resuming an earlier call's work, and returns the number of steps.
func (a *ablation) fineTune(ctx context.Context, g *nn.Graph, m *slmsam.Model, r run, setup train.Setup) (int, error) {
	_, volumes, err := a.Data.Split(a.settings.Train[:r.volumes])
	if err != nil {
		return 0, err
	}
	setup.Train = volumes
	begin := train.New
	if train.HoldsRun(setup.Dir) {
		begin = train.Resume
	}
	t, err := begin(g, m, setup)
	if err != nil {
		return 0, err
	}
	err = t.Run(ctx)
	return t.Step(), err
}

// predict writes the label maps of the test volumes that do not exist yet.
func (a *ablation) predict(ctx context.Context, m *slmsam.Model, r run, say report) error {
	for i, name := range a.test.Names() {
		path := filepath.Join(r.dir(a.Dir), predictionDir, a.files[name]+labelExt)
		if _, err := os.Stat(path); err == nil {
			continue // complete and from the same weights, since training ends before the first label map
		}
		c, err := a.test.Case(i)
		if err != nil {
			return err
		}
		done := func(part float64) { say("propagation of "+name, (float64(i)+part)/float64(a.test.Len()), 0) }
		if err := propagate(ctx, m, c, r.memory, path, done); err != nil {
			return fmt.Errorf("case %s: %w", name, err)
		}
	}
	return nil
}

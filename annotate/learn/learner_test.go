package learn

import (
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// pico writes a model that is small enough for a training step to take milliseconds, and returns its path. The model, of
// a prior alone, finds objects on slices where they are absent; training fixes that.
func pico(t *testing.T) string {
	trunk := hiera.Config{EmbedDim: 8, Heads: 1, Stages: [4]int{1, 1, 1, 1}, GlobalBlocks: []int{2}, Windows: [4]int{8, 4, 4, 2}, Background: [2]int{7, 7}}
	c := slmsam.Config{ImageSize: 64, Trunk: trunk, FuserBlocks: 1, Frames: 7, Memory: slmsam.ShortLong, Crop: 3, Prior: true, PriorAlone: true,
		Attention: memattn.Config{Width: 32, MemoryWidth: 16, Layers: 1, FeedForward: 32, Theta: 10000}}
	m, err := slmsam.New(cpu.New(1), c)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(5))
	params := m.Params.All()
	bias := params[slices.IndexFunc(params, func(p *nn.Param) bool { return p.Name == "prior.evidence.bias" })]
	b, err := bias.Get()
	require.NoError(t, err)
	bias.Set([]float32{b[0] + 4})
	state, err := m.State()
	require.NoError(t, err)
	config, err := json.Marshal(c)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "pico.safetensors")
	require.NoError(t, checkpoint.WriteSafetensors(path, state, map[string]string{slmsam.MetadataConfig: string(config)}, checkpoint.Options{}))
	return path
}

// review adds a volume with a disc on its later slices, and its label map.
func review(t *testing.T, dir, name string) {
	v := &volume.Volume{Dim: [3]int{48, 40, 9}, Data: make([]float32, 48*40*9)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	l := volume.NewLabelMap(v)
	for i := range v.Data {
		x, y, z := i%48, i/48%40, i/48/40
		v.Data[i] = float32(30 + (x*7+y*13+z*5)%23)
		if z >= 3 && math.Hypot(float64(x-18-z%3), float64(y-20)) < 8 {
			v.Data[i], l.Data[i] = 170, 1
		}
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "labelsTr"), 0o777))
	require.NoError(t, volume.WriteVolume(filepath.Join(dir, name+".nii.gz"), v, volume.WriteOptions{}))
	require.NoError(t, volume.WriteLabelMap(filepath.Join(dir, "labelsTr", name+".nii.gz"), l, volume.WriteOptions{}))
}

var quiet = slog.New(slog.DiscardHandler)

// few shortens a recipe, so that training takes seconds.
func few(r train.Recipe) train.Recipe {
	r.Time, r.Steps, r.Batch, r.Frames, r.WarmupSteps, r.ValidateEach = "", 2, 1, 3, 0, 1
	return r
}

// open opens a learner the way a server does that was started with the given weights.
func open(t *testing.T, dir, weights string, adjust func(train.Recipe) train.Recipe) (*Learner, *Served) {
	f, err := folder.Open(dir, 1<<20)
	require.NoError(t, err)
	dev := cpu.New(1)
	base, err := slmsam.Open(dev, weights)
	require.NoError(t, err)
	served := NewServed(base)
	l, err := New(f, served, Options{Init: weights, Adjust: adjust, Log: quiet,
		Open: func() (backend.Device, error) { return cpu.New(1), nil },
		Load: func(path string) (*slmsam.Model, error) { return slmsam.Open(dev, path) }})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		require.NoError(t, f.Close())
		dev.Close()
	})
	return l, served
}

// ended waits for a training to end.
func ended(t *testing.T, l *Learner) annotate.Training {
	var last annotate.Training
	require.Eventually(t, func() bool {
		last, _ = l.Last()
		return last.State != annotate.TrainingRuns
	}, 5*time.Minute, 10*time.Millisecond)
	return last
}

// TestTrainedWeightsAreServed trains for real, and checks that the new weights are served, also after a restart, and
// that the server can switch between them and the start weights.
func TestTrainedWeightsAreServed(t *testing.T) {
	dir, start := t.TempDir(), pico(t)
	l, served := open(t, dir, start, few)
	_, err := l.Start(0)
	var input *annotate.InputError
	require.ErrorAs(t, err, &input, "nothing has been reviewed")
	for _, name := range []string{"a", "b", "c"} {
		review(t, dir, name)
	}
	begun, err := l.Start(0)
	require.NoError(t, err)
	require.Equal(t, 3, begun.Volumes)
	_, err = l.Start(0)
	require.ErrorIs(t, err, annotate.ErrTraining)
	last := ended(t, l)
	require.Equal(t, annotate.TrainingDone, last.State, last.Text)
	require.Equal(t, 2, last.Step)
	require.Greater(t, *last.Best, *last.Before)
	require.Contains(t, last.Text, "before ->")

	list, serving, err := l.List()
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, last.ID, serving)
	require.Equal(t, []string{"a", "b", "c"}, list[0].Volumes)
	require.Greater(t, list[0].Gain.After, list[0].Gain.Before)
	require.NotEqual(t, served.base.Weights, served.now.Weights)
	left, err := filepath.Glob(filepath.Join(dir, ".slmsam", "models", "*"))
	require.NoError(t, err)
	require.Len(t, left, 2, "the weights and their record")

	t.Run("after a restart", func(t *testing.T) {
		again, served := open(t, dir, start, few)
		_, serving, err := again.List()
		require.NoError(t, err)
		require.Equal(t, last.ID, serving)
		require.NotEqual(t, served.base.Weights, served.now.Weights)
	})
	t.Run("started with other weights", func(t *testing.T) {
		other, served := open(t, dir, weightsOf(t, dir, last.ID), few)
		list, serving, err := other.List()
		require.NoError(t, err)
		require.Empty(t, list)
		require.Empty(t, serving)
		require.Equal(t, served.base.Weights, served.now.Weights)
		require.ErrorIs(t, other.Serve(last.ID), errOtherStart)
	})
	require.NoError(t, l.Serve(""))
	require.Equal(t, served.base.Weights, served.now.Weights)
	require.NoError(t, l.Serve(last.ID))
	require.NotEqual(t, served.base.Weights, served.now.Weights)
	require.ErrorIs(t, l.Serve("20010101T000000.000"), folder.ErrUnknown)
	require.ErrorAs(t, l.Serve("../x"), &input)
}

// TestWithoutGainNothingChanges trains with a learning rate of zero, and checks that the start weights are still
// served and nothing was saved.
func TestWithoutGainNothingChanges(t *testing.T) {
	dir := t.TempDir()
	review(t, dir, "a")
	l, served := open(t, dir, pico(t), func(r train.Recipe) train.Recipe {
		r = few(r)
		r.Rates.LR, r.Rates.EncoderLR, r.Calibrate = 0, 0, false
		return r
	})
	_, err := l.Start(0)
	require.NoError(t, err)
	last := ended(t, l)
	require.Equal(t, annotate.TrainingDone, last.State, last.Text)
	require.Contains(t, last.Text, "nothing beat the start weights")
	list, serving, err := l.List()
	require.NoError(t, err)
	require.Empty(t, list)
	require.Empty(t, serving)
	require.Equal(t, served.base, served.now.Model)
}

// TestTrainingPausesForRequests checks that no step is made while a request computes, and that training continues
// afterward.
func TestTrainingPausesForRequests(t *testing.T) {
	dir := t.TempDir()
	review(t, dir, "a")
	l, served := open(t, dir, pico(t), func(r train.Recipe) train.Recipe {
		r = few(r)
		r.Steps, r.ValidateEach = 1000, 0
		return r
	})
	_, err := l.Start(0)
	require.NoError(t, err)
	step := func() int { last, _ := l.Last(); return last.Step }
	require.Eventually(t, func() bool { return step() > 0 }, time.Minute, time.Millisecond)
	image, err := folder.ReadVolume(filepath.Join(dir, "a.nii.gz"), 1<<20)
	require.NoError(t, err)
	outline := make([]bool, 48*40)
	outline[20*48+18], outline[20*48+19], outline[21*48+18], outline[21*48+19] = true, true, true, true
	var first, slices atomic.Int64
	_, err = served.Segment(t.Context(), slmsam.Request{Slices: slmsam.Slices{Volume: image, Axis: 2, Window: volume.Window{Lo: 0, Hi: 255}},
		Prompts: []slmsam.Prompt{{Slice: 4, Object: 1, Mask: outline}}, Progress: func(slmsam.Progress) error {
			if slices.Add(1) == 1 {
				first.Store(int64(step()))
			}
			time.Sleep(10 * time.Millisecond)
			require.LessOrEqual(t, int64(step()), first.Load()+1, "a step that had begun may be reported late")
			return nil
		}})
	require.NoError(t, err)
	require.Positive(t, slices.Load())
	at := step()
	require.Eventually(t, func() bool { return step() > at+1 }, time.Minute, time.Millisecond, "training continues")
	l.Stop()
	require.Equal(t, annotate.TrainingStopped, ended(t, l).State)
	list, _, err := l.List()
	require.NoError(t, err)
	require.Empty(t, list)
}

// TestTrainingSaysWhyItCannotStart checks the messages for an impossible time limit and for volumes with too few
// slices, and the recipe that is chosen for one volume.
func TestTrainingSaysWhyItCannotStart(t *testing.T) {
	dir := t.TempDir()
	review(t, dir, "a")
	var chosen train.Recipe
	l, _ := open(t, dir, pico(t), func(r train.Recipe) train.Recipe {
		chosen = r
		r = few(r)
		r.Frames, r.Sweeps = 99, 0
		return r
	})
	_, err := l.Start(-time.Second)
	require.ErrorContains(t, err, "want more than zero")
	_, err = l.Start(time.Minute)
	require.NoError(t, err)
	last := ended(t, l)
	require.Equal(t, annotate.TrainingFailed, last.State)
	require.Contains(t, last.Text, "a has 9 slices, fewer than a clip of 99")
	require.NotContains(t, last.Text, dir)
	careful := train.FineTunePrior().Careful().WithLimit(time.Minute)
	careful.Calibrate, careful.HoldBack = true, false // because the start model runs past the ends of objects
	require.Equal(t, careful, chosen, "a single volume gets the careful recipe")
}

// faulty is a device that panics in a training step.
type faulty struct{ *cpu.Device }

func (faulty) MaskLoss(backend.MaskLoss) { panic("out of order") }

// TestAPanicInAStepEndsTheTraining checks that annotators are told of an internal error even if the panic is on a
// worker's goroutine.
func TestAPanicInAStepEndsTheTraining(t *testing.T) {
	dir := t.TempDir()
	review(t, dir, "a")
	l, _ := open(t, dir, pico(t), few)
	l.Open = func() (backend.Device, error) { return faulty{cpu.New(1)}, nil }
	_, err := l.Start(0)
	require.NoError(t, err)
	last := ended(t, l)
	require.Equal(t, annotate.TrainingFailed, last.State)
	require.Equal(t, "internal error; the server's log says more", last.Text)
}

// TestAPanicInATrainingEndsOnlyTheTraining checks that the server survives a panic, and that another training can be
// started.
func TestAPanicInATrainingEndsOnlyTheTraining(t *testing.T) {
	dir := t.TempDir()
	review(t, dir, "a")
	l, _ := open(t, dir, pico(t), func(train.Recipe) train.Recipe { panic("at the disco") })
	for range 2 {
		_, err := l.Start(0)
		require.NoError(t, err)
		last := ended(t, l)
		require.Equal(t, annotate.TrainingFailed, last.State)
		require.Equal(t, "internal error; the server's log says more", last.Text)
	}
}

// weightsOf copies trained weights to a new file and returns its path.
func weightsOf(t *testing.T, dir, id string) string {
	data, err := os.ReadFile(filepath.Join(dir, ".slmsam", "models", id+".safetensors"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "other.safetensors")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

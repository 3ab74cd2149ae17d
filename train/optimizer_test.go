package train_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// number parses a cell of a table.
func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}

// TestGroups compares learning rates and weight decay for every parameter of the fixtures' models.
func TestGroups(t *testing.T) {
	for _, s := range golden.SetsWith(t, "training", "lr_groups.tsv") {
		c, err := slmsam.ParseConfig(s.Config(t))
		require.NoError(t, err)
		t.Run(s.Name, func(t *testing.T) { checkGroups(t, filepath.Join(s.Dir, "training", "lr_groups.tsv"), c.Trunk.Depth()) })
	}
}

// TestGroupsOfTiny does the same for the full-size model.
func TestGroupsOfTiny(t *testing.T) {
	path := filepath.Join(golden.Dir(t), "keys", "slm_sam2_tiny_lr_groups.tsv")
	if !golden.Exists(path) {
		t.Skip("the fixture folder has no keys/slm_sam2_tiny_lr_groups.tsv")
	}
	checkGroups(t, path, slmsam.Tiny().Trunk.Depth())
}

// checkGroups compares the groups of the parameters in a table. depth is the number of blocks of the trunk.
func checkGroups(t *testing.T, path string, depth int) {
	t.Helper()
	for _, row := range readTSV(t, path) {
		gr := train.PaperRates().GroupOf(row["name"], depth)
		want := number(t, row["lr_at_start"])
		require.InDelta(t, want, gr.LR, 1e-9*want+1e-18, row["name"])
		require.Equal(t, number(t, row["weight_decay"]), gr.WeightDecay, row["name"])
	}
}

// TestSchedule compares the position in the paper's schedule, and the learning rates there.
func TestSchedule(t *testing.T) {
	for _, s := range golden.SetsWith(t, "training", "schedule.tsv") {
		for _, row := range readTSV(t, filepath.Join(s.Dir, "training", "schedule.tsv")) {
			at := func(key string) int { return int(number(t, row[key])) }
			perEpoch := at("iterations_per_epoch")
			where := train.PaperRecipeAt(at("epoch")*perEpoch+at("iteration"), perEpoch*at("max_epochs"))
			require.InDelta(t, number(t, row["where"]), where, 1e-12)
			for key, lr := range map[string]float64{"base_lr": train.PaperLR, "vision_lr": train.PaperEncoderLR} {
				want := number(t, row[key])
				require.InDelta(t, want, lr*train.PaperRates().Cosine(where), 1e-9*want)
			}
		}
	}
}

// TestLoss compares the terms of the loss and its gradients on random logits, without a network.
func TestLoss(t *testing.T) {
	for _, s := range golden.SetsWith(t, "training", "loss.safetensors") {
		golden.OnDevices(t, func(t *testing.T, dev backend.Device) {
			f, compared := s.File(t, "training", "loss.safetensors"), 0
			for key := range f.Tensors {
				if name, ok := strings.CutSuffix(key, ".targets"); ok {
					t.Run(name, func(t *testing.T) { runLoss(t, dev, f, name) })
					compared++
				}
			}
			require.Positive(t, compared)
		})
	}
}

// runLoss compares one recorded loss.
func runLoss(t *testing.T, dev backend.Device, f *golden.File, name string) {
	g := nn.NewGraph(dev)
	leaf := func(key string) *nn.Tensor {
		v, shape := f.Data(name + "." + key)
		return g.Upload(v, shape...).RequireGrad(true)
	}
	masks, ious, scores := leaf("masks"), leaf("ious"), leaf("object_score_logits")
	targets, shape := f.Data(name + ".targets")
	b, k, pixels := shape[0], masks.Dim(1), shape[1]*shape[2]
	p := train.Prediction{Logits: masks.Reshape(b*k, pixels), IoUs: ious, Scores: scores, Score: f.Tensor(name + ".object_score_logits").Data}
	var terms train.Terms
	objects := make([]train.Object, b)
	for i := range objects {
		p.IoU = append(p.IoU, f.Tensor(name + ".ious").Data[i*k:(i+1)*k])
		objects[i] = train.Object{Empty: true, Share: b, Terms: &terms}
		for _, v := range targets[i*pixels : (i+1)*pixels] {
			objects[i].Empty = objects[i].Empty && v == 0
		}
	}
	g.Record()
	require.NoError(t, train.Loss(g, p, g.Upload(targets, b, pixels), objects, train.PaperWeights()))
	g.Discard()
	checkTerms(t, f, name+".", terms)
	for key, x := range map[string]*nn.Tensor{"masks": masks, "ious": ious, "object_score_logits": scores} {
		want, _ := f.Data(name + ".grad." + key)
		got, err := g.Read(x.Grad())
		require.NoError(t, err)
		golden.Close(t, key, want, got, golden.Tolerance{Abs: 1e-3*absMax(want) + 1e-7})
	}
}

// TestOptimizerSteps repeats the two recorded AdamW steps from the recorded gradients. Gradients and results are stored as
// samples with different strides, so only positions that are in both are compared.
func TestOptimizerSteps(t *testing.T) {
	for _, s := range golden.SetsWith(t, "training", "optimizer.safetensors") {
		t.Run(s.Name, func(t *testing.T) {
			golden.OnDevices(t, func(t *testing.T, dev backend.Device) { runSteps(t, s, dev) })
		})
	}
}

// runSteps repeats both steps and compares what they change.
func runSteps(t *testing.T, s golden.Set, dev backend.Device) {
	f := s.File(t, "training", "optimizer.safetensors")
	m, g := s.Model(t, dev), nn.NewGraph(dev)
	o, rates := nn.NewAdamW(g), train.PaperRates()
	compared := 0
	for step, name := range []string{"A_present", "B_absent"} {
		grads := samples(t, s.File(t, "training", name+"_grads.safetensors"), "grad.")
		before := map[string][]float32{}
		for _, p := range m.Params.All() {
			before[p.Name], _ = p.Get()
			p.Tensor.ZeroGrad()
			if x, ok := grads[p.Name]; ok {
				p.SetGrad(x.spread(p.Tensor.Len()))
			}
		}
		prefix := fmt.Sprintf("step%d.", step+1)
		rates.UpdateWithNorm(o, m.Params.All(), m.Config.Trunk.Depth(), float64(scalar(f, prefix+"where")), float64(scalar(f, prefix+"grad_total_norm")))
		deltas := samples(t, f, prefix+"delta.")
		for _, p := range m.Params.All() {
			d, ok := deltas[p.Name]
			x, has := grads[p.Name]
			if !ok || !has {
				continue
			}
			after, err := p.Get()
			require.NoError(t, err)
			for i, want := range d.values {
				at := i * d.stride
				if at%x.stride != 0 {
					continue
				}
				was := float64(before[p.Name][at])
				got := float64(after[at]) - was
				require.InDelta(t, float64(want), got, 1e-9+1.8e-7*max(was, -was), "%s %s[%d]", prefix, p.Name, at)
				compared++
			}
		}
	}
	require.Greater(t, compared, 1000)
}

// sample is every stride-th value of a tensor.
type sample struct {
	values []float32
	stride int
}

// spread puts the values back in their places, with zeros elsewhere.
func (s sample) spread(n int) []float32 {
	out := make([]float32, n)
	for i, v := range s.values {
		out[i*s.stride] = v
	}
	return out
}

// samples reads the tensors whose names start with a prefix. A name may end in @STRIDE.
func samples(t *testing.T, f *golden.File, prefix string) map[string]sample {
	out := map[string]sample{}
	for key, x := range f.Tensors {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		stride := 1
		if base, n, ok := strings.Cut(name, "@"); ok {
			name, stride = base, int(number(t, n))
		}
		out[name] = sample{x.Data, stride}
	}
	return out
}

// TestLossesOverSteps trains for six steps, alternating between two clips, and compares the losses.
func TestLossesOverSteps(t *testing.T) {
	for _, s := range golden.SetsWith(t, "training", "optimizer.safetensors") {
		t.Run(s.Name, func(t *testing.T) {
			golden.OnDevices(t, func(t *testing.T, dev backend.Device) { runTraining(t, s, dev) })
		})
	}
}

// runTraining trains as recorded and compares every term of the loss.
func runTraining(t *testing.T, s golden.Set, dev backend.Device) {
	const tolerance = 1e-3 // relative; AdamW's first steps divide by tiny second moments
	f := s.File(t, "training", "optimizer.safetensors")
	m, g := s.Model(t, dev), nn.NewGraph(dev)
	o, rates, w := nn.NewAdamW(g), train.PaperRates(), train.PaperWeights()
	want, shape := f.Data("losses_over_steps")
	for step := 0; step < shape[0]; step++ {
		name := []string{"A_present", "B_absent"}[step%2]
		clip := clipOf(g, s.File(t, "training", name+".safetensors"))
		all, err := train.Backward(g, m, clip, slmsam.Memory{Long: m.Config.Frames, Short: 1}, w, nil)
		require.NoError(t, err)
		terms := all[0]
		for i, got := range []float64{terms.Total(w), terms.Mask, terms.Dice, terms.IoU, terms.Class} {
			closeTo(t, fmt.Sprintf("step %d, term %d", step, i), want[step*shape[1]+i], got, tolerance)
		}
		_, err = rates.Update(g, o, m.Params.All(), m.Config.Trunk.Depth(), float64(step)/1000)
		require.NoError(t, err)
		for _, p := range m.Params.All() {
			p.Tensor.ZeroGrad()
		}
		g.Free()
	}
}

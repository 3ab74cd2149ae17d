package train_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// Tolerances from the fixtures' README.
const (
	lossTolerance     = 1e-4 // relative
	gradientTolerance = 1e-3 // of the tensor's largest gradient, and of its L2 norm
	gradientFloor     = 1e-6 // per element
	// What float32 leaves of a gradient whose terms cancel, relative to the largest gradient of the same layer's weights,
	// whose terms have the same size. Up to 4e-6 has been observed.
	cancelTolerance = 1e-5
)

// recordedClips lists the clips in a set's training fixtures.
func recordedClips(t *testing.T, s golden.Set) []string {
	t.Helper()
	var out []string
	for _, name := range s.Files(t, "training", "*_grads.safetensors") {
		out = append(out, strings.TrimSuffix(name, "_grads"))
	}
	return out
}

// clipOf uploads a recorded clip. Bit i of the masks is object i.
func clipOf(g *nn.Graph, f *golden.File) []slmsam.ClipFrame {
	pix, shape := f.Bytes("in.slices")
	bits, _ := f.Bytes("in.mask_bits")
	_, scores := f.Data("frame0.object_score_logits")
	n, size, objects := shape[0], shape[1], scores[0]
	frames := make([]slmsam.ClipFrame, n)
	for i := range frames {
		masks, empty := make([]float32, objects*size*size), make([]bool, objects)
		for o := range empty {
			empty[o] = true
			for p := 0; p < size*size; p++ {
				if bits[i*size*size+p]>>o&1 == 1 {
					masks[o*size*size+p] = 1
					empty[o] = false
				}
			}
		}
		frames[i] = slmsam.ClipFrame{Empty: empty, Masks: g.Upload(masks, objects, size*size),
			Pixels: g.Upload(volume.ImageNet(pix[i*size*size:(i+1)*size*size]), 1, size, size, 3)}
	}
	return frames
}

// closeTo compares with a relative tolerance.
func closeTo(t *testing.T, what string, want float32, got, relative float64) {
	t.Helper()
	require.InDelta(t, float64(want), got, relative*math.Abs(float64(want))+1e-7, what)
}

func scalar(f *golden.File, name string) float32 { return f.Tensor(name).Data[0] }

// checkTerms compares the terms of a loss, and their sum.
func checkTerms(t *testing.T, f *golden.File, prefix string, terms train.Terms) {
	t.Helper()
	closeTo(t, prefix+"loss_mask", scalar(f, prefix+"loss_mask"), terms.Mask, lossTolerance)
	closeTo(t, prefix+"loss_dice", scalar(f, prefix+"loss_dice"), terms.Dice, lossTolerance)
	closeTo(t, prefix+"loss_iou", scalar(f, prefix+"loss_iou"), terms.IoU, lossTolerance)
	closeTo(t, prefix+"loss_class", scalar(f, prefix+"loss_class"), terms.Class, lossTolerance)
	closeTo(t, prefix+"core_loss", scalar(f, prefix+"core_loss"), terms.Total(train.PaperWeights()), lossTolerance)
}

// TestGradients replays every recorded clip and compares outputs, loss terms, and the gradient of every parameter, both with
// all activations kept and with blocks recomputed.
func TestGradients(t *testing.T) {
	for _, s := range golden.SetsWith(t, "training", "grads.tsv") {
		clips := recordedClips(t, s)
		require.NotEmpty(t, clips)
		for _, name := range clips {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				golden.OnDevices(t, func(t *testing.T, dev backend.Device) {
					for _, recompute := range []bool{false, true} {
						runClip(t, s, name, dev, recompute)
					}
				})
			})
		}
	}
}

// runClip replays one clip.
func runClip(t *testing.T, s golden.Set, name string, dev backend.Device, recompute bool) {
	f, grads := s.File(t, "training", name+".safetensors"), s.File(t, "training", name+"_grads.safetensors")
	m, g := s.Model(t, dev), nn.NewGraph(dev)
	golden.AddScoreBias(t, m, float32(f.Float("object_score_bias_offset")))
	g.Recompute = recompute
	mem := slmsam.Memory{Long: m.Config.Frames, Short: 1}
	total, err := train.Backward(g, m, clipOf(g, f), mem, train.PaperWeights(), func(i int, out slmsam.ClipOutput, terms []train.Terms) error {
		prefix := fmt.Sprintf("frame%d.", i)
		low, err := g.Read(out.Result.Candidates(g))
		require.NoError(t, err)
		want, _ := f.Data(prefix + "low_res_multimasks")
		golden.Close(t, prefix+"masks", want, low, golden.Tolerance{Abs: 2e-3})
		checkTerms(t, f, prefix, terms[0])
		return nil
	})
	require.NoError(t, err)
	checkTerms(t, f, "total.", total[0])
	checkGradients(t, s, name, m, grads)
}

// checkGradients compares every gradient with the recorded samples and with the recorded norm of the whole tensor.
func checkGradients(t *testing.T, s golden.Set, name string, m *slmsam.Model, stored *golden.File) {
	stats := readTSV(t, filepath.Join(s.Dir, "training", "grads.tsv"))
	params := map[string]*nn.Param{}
	for _, p := range m.Params.All() {
		params[p.Name] = p
	}
	require.NotEmpty(t, stats)
	for _, row := range stats {
		p := params[row["name"]]
		require.NotNil(t, p, row["name"])
		got, err := p.GetGrad()
		require.NoError(t, err)
		switch row[name+".status"] {
		case "none":
			require.Nil(t, got, "%s: no gradient at all", p.Name)
		case "zero":
			require.NotNil(t, got, "%s: a gradient of zero", p.Name)
			for _, v := range got {
				require.Zero(t, v, p.Name)
			}
		case "ok":
			require.NotNil(t, got, p.Name)
			want, err := strconv.ParseFloat(row[name+".l2"], 64)
			require.NoError(t, err)
			if cancels(p.Name) {
				checkCanceled(t, params, p.Name)
				require.Less(t, want, doubleRounding, "%s: the reference has a gradient", p.Name)
				continue
			}
			require.InDelta(t, want, l2(got), gradientTolerance*want+gradientFloor*math.Sqrt(float64(len(got))), "%s: L2 norm", p.Name)
		default:
			t.Fatalf("unknown status %q", row[name+".status"])
		}
	}
	for key, x := range stored.Tensors {
		pname, step := strings.TrimPrefix(key, "grad."), 1
		if at := strings.LastIndex(pname, "@"); at >= 0 {
			var err error
			step, err = strconv.Atoi(pname[at+1:])
			require.NoError(t, err)
			pname = pname[:at]
		}
		if cancels(pname) {
			continue
		}
		whole, err := params[pname].GetGrad()
		require.NoError(t, err)
		var got []float32
		for i := 0; i < len(whole); i += step {
			got = append(got, whole[i])
		}
		golden.Close(t, key, x.Data, got, golden.Tolerance{Abs: gradientTolerance*absMax(x.Data) + gradientFloor})
	}
}

func l2(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s)
}

func absMax(v []float32) float64 {
	m := 0.0
	for _, x := range v {
		m = max(m, math.Abs(float64(x)))
	}
	return m
}

// readTSV reads a table with a header line.
func readTSV(t *testing.T, path string) []map[string]string {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	lines, err := r.ReadAll()
	require.NoError(t, err)
	var rows []map[string]string
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, v := range l {
			row[lines[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// doubleRounding exceeds what the reference, in double precision, leaves of a gradient whose terms cancel.
const doubleRounding = 1e-12

// cancels reports whether a gradient is zero except for rounding: a bias of all keys shifts all scores of a query equally,
// which softmax ignores. Memory attention differs, because its keys are rotated after the bias is added.
func cancels(name string) bool {
	return strings.HasPrefix(name, "sam_mask_decoder.") && strings.HasSuffix(name, ".k_proj.bias")
}

// checkCanceled checks that such a gradient is small compared with that of the keys' weights.
func checkCanceled(t *testing.T, params map[string]*nn.Param, name string) {
	t.Helper()
	got, err := params[name].GetGrad()
	require.NoError(t, err)
	weights, err := params[strings.TrimSuffix(name, "bias")+"weight"].GetGrad()
	require.NoError(t, err)
	require.LessOrEqual(t, absMax(got), cancelTolerance*absMax(weights), "%s: the gradient should be zero", name)
}

package slmsam_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// The fixtures' tolerances for whole sequences, and for sequences with memories in bfloat16, where a value close to a
// rounding boundary may round either way.
var (
	sequenceTolerance = golden.Tolerance{Abs: 2e-3}
	bf16Tolerance     = golden.Tolerance{Abs: 2e-2}
)

// maxFilled is how many pixels of a mask may differ because a hole is filled in only one of the two masks.
const maxFilled = 16

// maskDisagreement is the largest fraction of a sequence's pixels whose logits may have opposite signs.
const maskDisagreement = 1e-4

// TestSequences replays every recorded sequence, slice by slice.
func TestSequences(t *testing.T) {
	for _, s := range golden.Sets(t) {
		for _, name := range s.Files(t, "sequences", "*.safetensors") {
			if name == "volume" {
				continue
			}
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				golden.OnDevices(t, func(t *testing.T, dev backend.Device) { runSequence(t, s, name, dev) })
			})
		}
	}
}

// sequence is a recorded sequence and its replay.
type sequence struct {
	checker
	s             golden.Set
	m             *slmsam.Model
	tracker       *slmsam.Tracker
	resized       []uint8 // [T,S,S] slices
	filled        bool    // hole filling is on
	memory        slmsam.Memory
	wrong, pixels int // mask pixels with the wrong sign, and all of them
}

// runSequence prompts the tracker as recorded, tracks in the recorded order, and compares each slice.
func runSequence(t *testing.T, s golden.Set, name string, dev backend.Device) {
	f, vol := s.File(t, "sequences", name+".safetensors"), s.File(t, "sequences", "volume.safetensors")
	m := s.Model(t, dev)
	golden.AddScoreBias(t, m, float32(f.Float("object_score_bias_offset")))
	q := &sequence{s: s, m: m, checker: checker{t, nn.NewGraph(dev), f, sequenceTolerance}}
	if f.Metadata["memory_storage"] == "bf16" {
		q.tol = bf16Tolerance
	}
	q.memory = memoryOf(t, m, f)
	q.resized, _ = vol.Bytes("resized")
	q.filled = f.Int("fill_hole_area") > 0

	var prompts [][2]int
	require.NoError(t, json.Unmarshal([]byte(f.Metadata["prompts"]), &prompts))
	bySlice := map[int][]int{}
	for _, p := range prompts {
		bySlice[p[0]] = append(bySlice[p[0]], p[1])
	}
	_, shape := f.Data("low_res_masks")
	start := f.Int("start_slice")
	q.tracker = m.NewTracker(q.g, shape[1], f.Int("num_slices"), slmsam.TrackOptions{Memory: q.memory,
		FillHoles: f.Int("fill_hole_area"), BF16: f.Metadata["memory_storage"] == "bf16"})
	q.tracker.StartAt(start)
	defer q.tracker.Close()

	found := map[int]slmsam.Found{}
	for slice := 0; slice < shape[0]; slice++ {
		if objects := bySlice[slice]; objects != nil {
			found[slice] = q.prompt(slice, objects)
		}
	}
	order := f.Tensor("order").Ints
	for i := 0; i < len(order); i += 2 {
		slice, reverse := int(order[i]), order[i+1] == 1
		got, prompted := found[slice]
		if !prompted {
			q.banks(slice, reverse)
			var err error
			q.g.Scoped(func() []*nn.Tensor {
				got, err = q.tracker.Track(q.encode(slice), slice, reverse, false)
				return nil
			})
			require.NoError(t, err)
		}
		q.compare(slice, got)
	}
	require.LessOrEqual(t, float64(q.wrong), maskDisagreement*float64(q.pixels), "pixels with the wrong sign")
}

// memoryOf reads the banks from the metadata; a short bank without a long one may use the long one's weights.
func memoryOf(t *testing.T, m *slmsam.Model, f *golden.File) slmsam.Memory {
	n, variant := f.Int("recent_n"), f.Metadata["variant"]
	switch {
	case strings.HasPrefix(variant, "sam2.1"):
		return slmsam.Memory{Long: m.Config.Frames}
	case strings.HasPrefix(variant, "short memory only"):
		if strings.HasSuffix(variant, ", memory_attention weights") {
			m.Short = m.Long
		}
		return slmsam.Memory{Short: n}
	case variant == "short + long memory":
		return slmsam.Memory{Long: m.Config.Frames, Short: n}
	}
	t.Fatalf("unknown variant %q", variant)
	return slmsam.Memory{}
}

// encode computes the features of a recorded slice.
func (q *sequence) encode(slice int) slmsam.Image {
	size := q.m.Config.ImageSize
	pixels := volume.ImageNet(q.resized[slice*size*size : (slice+1)*size*size])
	return q.m.Encode(q.g, q.g.Upload(pixels, 1, size, size, 3))
}

// prompt gives the tracker the objects' masks on a slice.
func (q *sequence) prompt(slice int, objects []int) (found slmsam.Found) {
	var masks [][]bool
	for _, o := range objects {
		masks = append(masks, q.f.Bools(fmt.Sprintf("prompt.slice%02d.obj%d.resized_mask", slice, o)))
	}
	q.g.Scoped(func() []*nn.Tensor {
		var err error
		found, err = q.tracker.PromptMasks(q.encode(slice), slice, masks)
		require.NoError(q.t, err)
		return nil
	})
	return found
}

// banks compares the inputs and outputs of the two attentions, where they are stored.
func (q *sequence) banks(slice int, reverse bool) {
	direction := map[bool]string{false: "forward", true: "reverse"}[reverse]
	prefix := fmt.Sprintf("bank.slice%02d.%s.", slice, direction)
	if !q.f.Has(prefix + "long.memory") {
		return
	}
	q.g.Scoped(func() []*nn.Tensor {
		v, bank := q.tracker.View(slice, reverse), q.tracker.Bank()
		for name, s := range map[string]memattn.Selection{
			"long":  bank.SelectLong(v, q.memory.Long),
			"short": bank.SelectShort(v, q.memory.Short),
		} {
			tokens := q.m.Place.Tokens(q.g, s, v)
			require.Equal(q.t, q.f.Tensor(prefix + name + ".num_obj_ptr_tokens").Ints[0], int64(tokens.Pointers), prefix+name)
			q.memories(prefix+name+".memory", s, tokens.Memory)
			q.sequence(prefix+name+".memory_pos", tokens.Positions)
		}
		grid, im := q.m.Config.Grid(), q.encode(slice)
		for name, mem := range map[string]slmsam.Memory{"long": {Long: q.memory.Long}, "short": {Short: q.memory.Short}, "fused": q.memory} {
			x := q.m.Attend(q.g, im, bank, v, mem)
			q.image(prefix+name+"_features", x.Reshape(x.Dim(0), grid, grid, x.Dim(2)))
		}
		return nil
	})
}

// memories compares the memory tokens [B,L,M]. Attention does not depend on the order of the keys. The official code
// takes prompted slices in the order of a Python set, this package by slice, so two of them may be swapped.
func (q *sequence) memories(name string, s memattn.Selection, got *nn.Tensor) {
	q.t.Helper()
	want, shape := q.f.BatchFirst(name)
	prompted := 0
	for prompted < len(s.Memories) && s.Memories[prompted].Prompted {
		prompted++
	}
	if prompted == 2 && shape[0] == 1 {
		n := s.Memories[0].Memory.Len()
		swapped := append(append(append([]float32(nil), want[n:2*n]...), want[:n]...), want[2*n:]...)
		if golden.Diff(want, q.read(got), q.tol) != nil {
			want = swapped
		}
	}
	golden.Close(q.t, name, want, q.read(got), q.tol)
}

// compare checks a slice's masks, scores, pointers, memory, and chosen mask.
func (q *sequence) compare(slice int, got slmsam.Found) {
	q.t.Helper()
	at := func(name string) []float32 {
		v, shape := q.f.Data(name)
		n := len(v) / shape[0]
		return v[slice*n : (slice+1)*n]
	}
	var low []float32
	for _, l := range got.Low {
		low = append(low, l...)
	}
	q.masks(slice, at("low_res_masks"), low)
	scores := at("object_score_logits")
	golden.Close(q.t, fmt.Sprintf("slice %d scores", slice), scores, got.Score, q.tol)
	for i := range scores {
		require.Equal(q.t, scores[i] > 0, got.Score[i] > 0, "slice %d object %d: presence", slice, i)
	}
	entry := q.tracker.Bank().Get(slice)
	require.NotNil(q.t, entry)
	golden.Close(q.t, fmt.Sprintf("slice %d pointers", slice), at("obj_ptr"), q.read(entry.Pointer), q.tol)
	if q.f.Has("maskmem_features") {
		_, shape := q.f.Data("maskmem_features")
		want := golden.ChannelsLast(at("maskmem_features"), shape[1:])
		golden.Close(q.t, fmt.Sprintf("slice %d memory", slice), want, q.read(entry.Memory), q.tol)
	}
	if ious := at("multimask_ious"); ious[0] >= 0 {
		for i, of := range got.IoU {
			golden.Close(q.t, fmt.Sprintf("slice %d IoU", slice), ious[i*len(of):(i+1)*len(of)], of, q.tol)
		}
	}
}

// masks compares logits; a few pixels may differ because a hole is filled in only one of the two.
func (q *sequence) masks(slice int, want, got []float32) {
	q.t.Helper()
	require.Len(q.t, got, len(want))
	var exceptions int
	w, g := append([]float32(nil), want...), append([]float32(nil), got...)
	for i := range w {
		q.pixels++
		if (w[i] > 0) != (g[i] > 0) {
			q.wrong++
		}
		if d := w[i] - g[i]; q.filled && (d > 2e-3 || d < -2e-3) && (w[i] == 0.1 || g[i] == 0.1) {
			exceptions++
			g[i] = w[i]
		}
	}
	require.LessOrEqual(q.t, exceptions, maxFilled, "slice %d: pixels filled in only one of the masks", slice)
	golden.Close(q.t, fmt.Sprintf("slice %d masks", slice), w, g, q.tol)
}

package slmsam_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// promptDisagreement is the tolerance for the recorded prompts, from the fixtures' README: presence and the signs of pixels
// may differ in 1 of 10,000.
const promptDisagreement = 1e-4

// recordedPrompt is a prompt as the fixtures store it: points as x, y, label in native pixels.
type recordedPrompt struct {
	Slice  int             `json:"slice"`
	Object int             `json:"object"`
	Points [][3]float64    `json:"points"`
	Mask   json.RawMessage `json:"mask"`
}

// recordedVolume returns the volume of the recorded prompts, with raw slices as intensities.
func recordedVolume(t *testing.T, s golden.Set) slmsam.Slices {
	raw, shape := s.File(t, "prompts", "volume.safetensors").Bytes("raw")
	dim := [3]int{shape[2], shape[1], shape[0]}
	v := &volume.Volume{Dim: dim, Geom: volume.NewGeometry(dim, [3]float64{1, 1, 3})}
	for _, x := range raw {
		v.Data = append(v.Data, float32(x))
	}
	return slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 255}}
}

// eachRecording runs a test on every recording of a kind, or skips it if the set has no recorded prompts.
func eachRecording(t *testing.T, s golden.Set, kind string, test func(t *testing.T, f *golden.File)) {
	t.Helper()
	ran := 0
	for _, name := range s.Files(t, "prompts", "*.safetensors") {
		if f := s.File(t, "prompts", name+".safetensors"); f.Metadata["kind"] == kind {
			t.Run(name, func(t *testing.T) { test(t, f) })
			ran++
		}
	}
	if ran == 0 {
		t.Skipf("the set %s has no recordings of kind %s", s.Name, kind)
	}
}

func pointsOf(of [][3]float64) []slmsam.Point {
	var out []slmsam.Point
	for _, p := range of {
		out = append(out, slmsam.Point{X: p[0], Y: p[1], Label: slmsam.PointLabel(p[2])})
	}
	return out
}

// TestRecordedPrompts propagates every recorded set of prompts in the Official order and compares masks and scores.
func TestRecordedPrompts(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, _ *nn.Graph) {
		eachRecording(t, s, "propagate", func(t *testing.T, f *golden.File) { propagatePrompts(t, f, m, recordedVolume(t, s)) })
	})
}

// propagatePrompts replays one recording.
func propagatePrompts(t *testing.T, f *golden.File, m *slmsam.Model, slices slmsam.Slices) {
	var recorded []recordedPrompt
	require.NoError(t, json.Unmarshal([]byte(f.Metadata["prompts"]), &recorded))
	offset := float32(f.Float("object_score_bias_offset"))
	golden.AddScoreBias(t, m, offset)
	defer golden.AddScoreBias(t, m, -offset)
	memory := slmsam.Memory{Long: m.Config.Frames, Short: f.Int("recent_n")}
	byObject := map[int][]slmsam.Prompt{}
	for _, r := range recorded {
		p := slmsam.Prompt{Slice: r.Slice, Object: r.Object, Points: pointsOf(r.Points)}
		if r.Mask != nil {
			p.Mask = f.Bools(fmt.Sprintf("mask.slice%02d.obj%d", r.Slice, r.Object))
		}
		byObject[r.Object] = append(byObject[r.Object], p)
	}
	scores, shape := f.Data("object_score_logits")
	want, _ := f.Bytes("video_bits")
	h, w := slices.Size()
	wrong := 0
	for object, prompts := range byObject {
		column := object - 1
		// One object at a time, because a label map cannot hold two masks on one pixel. The recorded objects are
		// independent of each other, except that all objects in a session start from its first prompt.
		result, err := m.Segment(t.Context(), slmsam.Request{Slices: slices, Prompts: prompts,
			Options: slmsam.Options{Order: slmsam.Official, Memory: memory, KeepHoles: f.Int("fill_hole_area") == 0}})
		require.NoError(t, err)
		require.Len(t, result.Objects[0].Slices, shape[0])
		for i, found := range result.Objects[0].Slices {
			require.InDelta(t, scores[i*shape[1]+column], found.Score, 2e-3, "object %d slice %d", object, i)
			require.Equal(t, scores[i*shape[1]+column] > 0, found.Score > 0)
			pix := result.Labels.Slice(2, i)
			for p, on := range want[(i*shape[1]+column)*h*w:][:h*w] {
				if (on != 0) != (pix[p] == int32(object)) {
					wrong++
				}
			}
		}
	}
	require.LessOrEqual(t, float64(wrong), promptDisagreement*float64(len(want)), "pixels with the wrong sign")
}

// TestRecordedClicks replays single calls of the predictor: clicks that refine an earlier result, with and
// without memory.
func TestRecordedClicks(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		eachRecording(t, s, "clicks", func(t *testing.T, f *golden.File) {
			c := &clicks{checker: checker{t, g, f, sequenceTolerance}, m: m, slices: recordedVolume(t, s)}
			c.run()
		})
	})
}

// clicks replays one recording.
type clicks struct {
	checker
	m       *slmsam.Model
	slices  slmsam.Slices
	memory  slmsam.Memory
	tracker *slmsam.Tracker
}

func (c *clicks) run() {
	var steps []struct {
		recordedPrompt
		Tag      string `json:"tag"`
		Memory   bool   `json:"memory"`
		Reverse  bool   `json:"reverse"`
		Previous bool   `json:"previous"`
	}
	require.NoError(c.t, json.Unmarshal([]byte(c.f.Metadata["steps"]), &steps))
	offset := float32(c.f.Float("object_score_bias_offset"))
	golden.AddScoreBias(c.t, c.m, offset)
	defer golden.AddScoreBias(c.t, c.m, -offset)
	c.memory = slmsam.Memory{Long: c.m.Config.Frames, Short: c.f.Int("recent_n")}
	c.track()
	defer c.tracker.Close()
	for _, step := range steps {
		var earlier [][]float32
		if step.Previous {
			v, _ := c.f.Data(step.Tag + ".previous")
			earlier = [][]float32{v}
		}
		points := points(c.f, step.Tag+".point_coords", step.Tag+".point_labels")
		c.g.Scoped(func() []*nn.Tensor {
			im := c.encode(step.Slice)
			var found slmsam.Found
			var err error
			fork := c.tracker.Fork()
			defer fork.Close()
			if step.Memory {
				found, err = fork.Correct(im, step.Slice, step.Reverse, points, earlier)
			} else {
				found, err = fork.PromptPoints(im, step.Slice, points, earlier)
			}
			require.NoError(c.t, err, step.Tag)
			want, _ := c.f.Data(step.Tag + ".low_res_masks")
			golden.Close(c.t, step.Tag+" masks", want, found.Low[0], c.tol)
			scores, _ := c.f.Data(step.Tag + ".object_score_logits")
			golden.Close(c.t, step.Tag+" score", scores, found.Score, c.tol)
			ious, _ := c.f.Data(step.Tag + ".ious")
			golden.Close(c.t, step.Tag+" IoU", ious, found.IoU[0], c.tol)
			return nil
		})
	}
}

// track fills the memory for the corrections: it tracks the recording's mask forward, then backward.
func (c *clicks) track() {
	start, n, size := c.f.Int("start_slice"), c.f.Int("num_slices"), c.m.Config.ImageSize
	c.tracker = c.m.NewTracker(c.g, 1, n, slmsam.TrackOptions{Memory: c.memory, FillHoles: c.f.Int("fill_hole_area")})
	c.tracker.StartAt(start)
	h, w := c.slices.Size()
	mask := volume.ResizeMask(c.f.Bools("mask"), h, w, size)
	step := func(slice int, f func(im slmsam.Image) (slmsam.Found, error)) {
		c.g.Scoped(func() []*nn.Tensor {
			_, err := f(c.encode(slice))
			require.NoError(c.t, err)
			return nil
		})
	}
	step(start, func(im slmsam.Image) (slmsam.Found, error) { return c.tracker.PromptMasks(im, start, [][]bool{mask}) })
	for i := start + 1; i < n; i++ {
		step(i, func(im slmsam.Image) (slmsam.Found, error) { return c.tracker.Track(im, i, false, false) })
	}
	for i := start - 1; i >= 0; i-- {
		step(i, func(im slmsam.Image) (slmsam.Found, error) { return c.tracker.Track(im, i, true, false) })
	}
}

func (c *clicks) encode(slice int) slmsam.Image {
	h, w := c.slices.Size()
	size := c.m.Config.ImageSize
	gray := volume.ResizePIL(c.slices.Gray(slice), h, w, size, size, volume.Bicubic)
	return c.m.Encode(c.g, c.g.Upload(volume.ImageNet(gray), 1, size, size, 3))
}

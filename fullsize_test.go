package slmsam_test

import (
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestFullSize replays the recorded full-size volume from 8-bit slices to masks. On a GPU, it needs SLMSAM_FULLSIZE_GPU=1,
// because a software Vulkan driver takes minutes.
func TestFullSize(t *testing.T) {
	for _, s := range golden.SetsWith(t, "outputs.safetensors") {
		t.Run(s.Name, func(t *testing.T) {
			golden.OnDevices(t, func(t *testing.T, dev backend.Device) {
				if golden.OnGPU(dev) && os.Getenv("SLMSAM_FULLSIZE_GPU") != "1" {
					t.Skip("the full-size set runs on the GPU with SLMSAM_FULLSIZE_GPU=1")
				}
				runFullSize(t, s, dev)
			})
		})
	}
}

// everyFourth takes every fourth row and column of channels-last values [h,w,c] and returns them channels-first.
func everyFourth(v []float32, h, w, c int) []float32 {
	var out []float32
	for k := 0; k < c; k++ {
		for y := 0; y < h; y += 4 {
			for x := 0; x < w; x += 4 {
				out = append(out, v[(y*w+x)*c+k])
			}
		}
	}
	return out
}

// runFullSize tracks the prompt forward and backward, and compares every slice.
func runFullSize(t *testing.T, s golden.Set, dev backend.Device) {
	tol := golden.Tolerance{Abs: 5e-3} // from the fixtures' README
	f := s.File(t, "outputs.safetensors")
	m, g := s.Model(t, dev), nn.NewGraph(dev)
	raw, shape := f.Bytes("raw")
	n, h, w := shape[0], shape[1], shape[2]
	size, grid, width := m.Config.ImageSize, m.Config.Grid(), m.Config.Attention.Width
	mask := f.Bools("prompt_mask")
	prompt := f.Int("prompt_slice")
	tr := m.NewTracker(g, 1, n, slmsam.TrackOptions{FillHoles: 8,
		Memory: slmsam.Memory{Long: m.Config.Frames, Short: f.Int("recent_n")}})
	defer tr.Close()

	at := func(name string, slice int) []float32 {
		v, sh := f.Data(name)
		k := len(v) / sh[0]
		return v[slice*k : (slice+1)*k]
	}
	step := func(slice int, do func(im slmsam.Image) (slmsam.Found, error)) {
		g.Scoped(func() []*nn.Tensor {
			gray := volume.ResizePIL(raw[slice*h*w:(slice+1)*h*w], h, w, size, size, volume.Bicubic)
			im := m.Encode(g, g.Upload(volume.ImageNet(gray), 1, size, size, 3))
			if slice == 0 {
				top, err := g.Read(im.Top)
				require.NoError(t, err)
				want, _ := f.Data("vision_features_first_encoded_slice_every_fourth")
				golden.Close(t, "image features", want, everyFourth(top, grid, grid, width), golden.Tolerance{Abs: 1e-3, Rel: 1e-3})
			}
			found, err := do(im)
			require.NoError(t, err)
			golden.Close(t, "masks", at("low_res_masks", slice), found.Low[0], tol)
			golden.Close(t, "scores", at("object_score_logits", slice), found.Score, tol)
			entry := tr.Bank().Get(slice)
			pointer, err := g.Read(entry.Pointer)
			require.NoError(t, err)
			golden.Close(t, "pointer", at("obj_ptr", slice), pointer, tol)
			memory, err := g.Read(entry.Memory)
			require.NoError(t, err)
			golden.Close(t, "memory", at("maskmem_features_every_fourth", slice),
				everyFourth(memory, grid, grid, m.Config.Attention.MemoryWidth), tol)
			return nil
		})
	}
	step(prompt, func(im slmsam.Image) (slmsam.Found, error) {
		return tr.PromptMasks(im, prompt, [][]bool{volume.ResizeMask(mask, h, w, size)})
	})
	for slice := prompt + 1; slice < n; slice++ {
		step(slice, func(im slmsam.Image) (slmsam.Found, error) { return tr.Track(im, slice, false, false) })
	}
	for slice := prompt - 1; slice >= 0; slice-- {
		step(slice, func(im slmsam.Image) (slmsam.Found, error) { return tr.Track(im, slice, true, false) })
	}
}

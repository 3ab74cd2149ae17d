package slmsam_test

import (
	"math"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// freshNano returns an untrained nano model for slices of 128 x 128 pixels.
func freshNano(t *testing.T) (*slmsam.Model, *nn.Graph) {
	t.Helper()
	c := slmsam.Nano()
	c.ImageSize = 128
	dev := cpu.New(0)
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(1))
	return m, nn.NewGraph(dev)
}

// waves returns the features of a slice with a pattern of waves.
func waves(m *slmsam.Model, g *nn.Graph) slmsam.Image {
	pixels := make([]float32, 128*128*3)
	for i := range pixels {
		y, x := i/3/128, i/3%128
		pixels[i] = float32(math.Sin(float64(x)/9) + math.Cos(float64(y)/13))
	}
	return m.Encode(g, g.Upload(pixels, 1, 128, 128, 3))
}

// remembering returns a memory bank that holds one outlined slice.
func remembering(t *testing.T, m *slmsam.Model, g *nn.Graph, im slmsam.Image, mask []float32) *memattn.Bank {
	t.Helper()
	masks := g.Upload(mask, 1, 128, 128, 1)
	r, err := m.PromptMasks(g, im, masks, []bool{false})
	require.NoError(t, err)
	memory := m.RememberLogits(g, im, g.Affine(masks, decoder.MaskScale, decoder.MaskBias), g.Full(1, 1, 1))
	bank := memattn.NewBank()
	bank.Put(memattn.Entry{Slice: 0, Prompted: true, Memory: memory, Pointer: r.Pointer})
	return bank
}

// TestFreshModelSeesTheMaskInItsPlace compares the features of the next slice with and without a disc on the outlined one.
// Even before training, they must change clearly, and most where the disc was.
func TestFreshModelSeesTheMaskInItsPlace(t *testing.T) {
	m, g := freshNano(t)
	im := waves(m, g)
	disc := make([]float32, 128*128)
	inside := func(x, y int) bool { return (x-40)*(x-40)+(y-72)*(y-72) < 24*24 }
	for i := range disc {
		if inside(i%128, i/128) {
			disc[i] = 1
		}
	}
	view := memattn.View{Slice: 1, Slices: 6, Train: true}
	attended := func(mask []float32) []float32 {
		x, err := g.Read(m.Attend(g, im, remembering(t, m, g, im, mask), view, slmsam.Memory{Long: 7}))
		require.NoError(t, err)
		return x
	}
	with, without := attended(disc), attended(make([]float32, len(disc)))
	side, width := m.Config.Grid(), m.Config.Attention.Width
	var change, places [2]float64 // outside, inside
	for at := range side * side {
		in := 0
		if inside(at%side*16+8, at/side*16+8) {
			in = 1
		}
		sum := 0.0
		for c := range width {
			d := float64(with[at*width+c] - without[at*width+c])
			sum += d * d
		}
		change[in] += math.Sqrt(sum / float64(width))
		places[in]++
	}
	in, out := change[1]/places[1], change[0]/places[0]
	t.Logf("features (of size 1) change by %.2f under the disc, by %.2f elsewhere", in, out)
	require.Greater(t, in, 0.2)
	require.Greater(t, in, 1.5*out)
}

// TestKnownPresence checks that Present overrides the scores in deciding which objects are absent, and that with Free, the
// candidates' logits stay as the network computed them.
func TestKnownPresence(t *testing.T) {
	m, g := freshNano(t)
	im := waves(m, g)
	f := decoder.Features{Image: im.Top, S0: im.S0, S1: im.S1}
	decode := func(present []bool) *decoder.Result {
		r, err := m.Heads.Decode(g, f, 2, decoder.Prompts{Multi: true, Present: present})
		require.NoError(t, err)
		_, err = r.Read(g)
		require.NoError(t, err)
		return r
	}
	read := func(x *nn.Tensor) []float32 {
		v, err := g.Read(x)
		require.NoError(t, err)
		return v
	}
	r := decode([]bool{true, false})
	require.Equal(t, []float32{1, -1}, r.Presence)
	logits, pointers := read(r.LowRes), read(r.Pointer)
	half := len(logits) / 2
	require.NotContains(t, logits[:half], float32(decoder.NoObject))
	for _, x := range logits[half:] {
		require.Equal(t, float32(decoder.NoObject), x)
	}
	require.NotEqual(t, pointers[:len(pointers)/2], pointers[len(pointers)/2:])
	free, err := m.Heads.Decode(g, f, 2, decoder.Prompts{Multi: true, Present: []bool{true, false}, Free: true})
	require.NoError(t, err)
	require.Equal(t, logits, read(free.LowRes), "the chosen mask is absent all the same")
	require.NotContains(t, read(free.Candidates(g)), float32(decoder.NoObject))
	require.Contains(t, read(r.Candidates(g)), float32(decoder.NoObject))
	plain := decode(nil)
	require.Equal(t, plain.Score, plain.Presence)
	require.Equal(t, plain.Score, r.Score, "the scores themselves do not change")
}

// TestRecallRemembersTheTruth moves the true mask on the second of three slices. This must affect the third slice's logits
// if, and only if, the truth is remembered instead of the prediction.
func TestRecallRemembersTheTruth(t *testing.T) {
	m, g := freshNano(t)
	third := func(recall bool, left int) []float32 {
		defer g.Free()
		frames := make([]slmsam.ClipFrame, 3)
		for i := range frames {
			mask, pixels := make([]float32, 128*128), make([]float32, 128*128*3)
			x0 := 20
			if i == 1 {
				x0 = left
			}
			for p := range mask {
				if x, y := p%128, p/128; x >= x0 && x < x0+40 && y > 40 && y < 80 {
					mask[p] = 1
				}
			}
			frames[i] = slmsam.ClipFrame{Pixels: g.Upload(pixels, 1, 128, 128, 3), Masks: g.Upload(mask, 1, 128*128),
				Empty: []bool{false}, Present: []bool{true}, Recall: []bool{recall && i == 1}}
		}
		var out []float32
		require.NoError(t, m.RunClip(g, frames, slmsam.ShortLong, func(_ int, o slmsam.ClipOutput) (err error) {
			out, err = g.Read(o.Logits)
			return err
		}))
		return out // of the last slice
	}
	require.Equal(t, third(false, 20), third(false, 60))
	require.NotEqual(t, third(true, 20), third(true, 60))
}

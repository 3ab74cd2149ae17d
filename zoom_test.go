package slmsam_test

import (
	"context"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

func TestAround(t *testing.T) {
	mask := slmsam.Prompt{Mask: square(12, 16)} // rows 5 to 14, columns 12 to 15
	box := slmsam.Prompt{Points: []decoder.Point{{X: 3, Y: 2, Label: decoder.BoxTopLeft}, {X: 6, Y: 5, Label: decoder.BoxBottomRight}}}
	point := slmsam.Prompt{Points: []decoder.Point{{X: 29, Y: 19, Label: decoder.Positive}}}
	whole := slmsam.Region{Y1: 20, X1: 30}
	for name, c := range map[string]struct {
		prompts []slmsam.Prompt
		zoom    float64
		want    slmsam.Region
	}{
		"as large as the object":  {[]slmsam.Prompt{mask}, 1, slmsam.Region{Y0: 5, X0: 9, Y1: 15, X1: 19}},
		"cut to the slice":        {[]slmsam.Prompt{mask}, 2.5, slmsam.Region{Y0: 0, X0: 2, Y1: 20, X1: 27}},
		"moved into the slice":    {[]slmsam.Prompt{box}, 3, slmsam.Region{Y0: 0, X0: 0, Y1: 12, X1: 12}},
		"about mask and box":      {[]slmsam.Prompt{mask, box}, 1, slmsam.Region{Y0: 2, X0: 3, Y1: 15, X1: 16}},
		"points have no size":     {[]slmsam.Prompt{point}, 2, whole},
		"points do not widen it":  {[]slmsam.Prompt{mask, point}, 1, slmsam.Region{Y0: 5, X0: 9, Y1: 15, X1: 19}},
		"never more than all":     {[]slmsam.Prompt{mask}, 1000, whole},
		"not even without an end": {[]slmsam.Prompt{mask}, 1e300, whole},
	} {
		require.Equal(t, c.want, slmsam.Around(c.prompts, 20, 30, c.zoom), name)
	}
}

// cutRamp is a region of a ramp.
type cutRamp struct {
	ramp
	region slmsam.Region
}

func (c cutRamp) Size() (h, w int) { return c.region.Size() }
func (c cutRamp) Gray(i int) []uint8 {
	return slmsam.Cut(c.ramp.Gray(i), 30, c.region)
}

// TestZoom compares with a propagation through a volume that was cut by hand.
func TestZoom(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	run := func(s slmsam.Slices, prompts []slmsam.Prompt, zoom float64) map[[2]int][]float32 {
		out := map[[2]int][]float32{}
		require.NoError(t, m.Propagate(context.Background(), nn.NewGraph(dev), s, prompts, slmsam.Options{Zoom: zoom}, func(r slmsam.SliceResult) error {
			for _, o := range r.Objects {
				out[[2]int{o.Object, r.Slice}] = o.Logits
			}
			return nil
		}))
		return out
	}
	prompts := []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(2, 6)}, {Slice: 2, Object: 2, Mask: square(20, 28)}}
	got := run(ramp(4), prompts, 1.5)
	require.Len(t, got, 8)
	for _, p := range prompts {
		region := slmsam.Around([]slmsam.Prompt{p}, 20, 30, 1.5)
		alone := p
		alone.Mask = slmsam.Cut(p.Mask, 30, region)
		want := run(cutRamp{ramp(4), region}, []slmsam.Prompt{alone}, slmsam.WholeSlice)
		for slice := range 4 {
			key := [2]int{p.Object, slice}
			require.Equal(t, want[key], slmsam.Cut(got[key], 30, region))
			for i, l := range got[key] {
				if y, x := i/30, i%30; y < region.Y0 || y >= region.Y1 || x < region.X0 || x >= region.X1 {
					require.Equal(t, float32(decoder.NoObject), l)
				}
			}
		}
	}

	m.Config.Zoom = 1.5
	require.Equal(t, got, run(ramp(4), prompts, 0), "the model's own")
	seen := visits(t, 4, prompts, slmsam.Options{Zoom: 2})
	require.Equal(t, map[int][]int{1: {1, 2, 3, 0}, 2: {2, 3, 1, 0}}, seen)
}

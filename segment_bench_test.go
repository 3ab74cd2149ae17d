package slmsam_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// fourObjects is a volume of 40 slices with four objects, outlined on slices 5, 15, 25, and 35.
func fourObjects() slmsam.Request {
	r := slmsam.Request{Slices: ramp(40)}
	for object := 1; object <= 4; object++ {
		for _, slice := range []int{5, 15, 25, 35} {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: object, Mask: square(6*object-5, 6*object)})
		}
	}
	return r
}

// corrected is a request that corrects the result of r after a person has changed object 2 on slice 20.
func corrected(tb testing.TB, m *slmsam.Model, r slmsam.Request, result *slmsam.Result) slmsam.Request {
	tb.Helper()
	var kept bytes.Buffer
	require.NoError(tb, m.Provenance(r, result).WriteJSON(&kept))
	p, err := slmsam.ParseProvenance(kept.Bytes())
	require.NoError(tb, err)
	mended := *result.Labels
	mended.Data = append([]int32(nil), result.Labels.Data...)
	pix := mended.Slice(2, 20)
	for i, on := range square(7, 12) {
		if pix[i] == 2 {
			pix[i] = 0
		}
		if on && pix[i] == 0 && i%30 > 8 {
			pix[i] = 2
		}
	}
	mended.SetSlice(2, 20, pix)
	c, err := p.Correct(&mended)
	require.NoError(tb, err)
	require.Equal(tb, map[int][]int{2: {20}}, c.Slices)
	c.Request.Slices = r.Slices
	return c.Request
}

func TestACorrectionKeepsEverythingElse(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	r := fourObjects()
	full, err := m.Segment(context.Background(), r)
	require.NoError(t, err)
	again := corrected(t, m, r, full)
	steps := 0
	again.Progress = func(p slmsam.Progress) error { steps = p.Total; return nil }
	result, err := m.Segment(context.Background(), again)
	require.NoError(t, err)
	require.Equal(t, 3+2*2*4, steps, "three outlines and four slices on either side of the correction, from both sides")
	for i := range 40 {
		before, after := full.Labels.Slice(2, i), result.Labels.Slice(2, i)
		for p := range before {
			if before[p] != after[p] {
				require.Greater(t, i, 15)
				require.Less(t, i, 25)
				require.True(t, before[p] == 2 || after[p] == 2, "slice %d: label %d became %d", i, before[p], after[p])
			}
		}
	}
	require.Equal(t, []int{5, 15, 20, 25, 35}, result.Objects[1].Outlined)
}

// BenchmarkSegment times a whole volume of 40 slices with four objects, and the correction of one object on one
// slice; docs/loop.md gives their ratio.
func BenchmarkSegment(b *testing.B) {
	dev := cpu.New(0)
	defer dev.Close()
	m, err := slmsam.Open(dev, "nano")
	require.NoError(b, err)
	r := fourObjects()
	full, err := m.Segment(context.Background(), r)
	require.NoError(b, err)
	for name, r := range map[string]slmsam.Request{"whole": r, "correction": corrected(b, m, r, full)} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				_, err := m.Segment(context.Background(), r)
				require.NoError(b, err)
			}
		})
	}
}

// TestMemoryDoesNotGrowWithSlices checks that five times as many slices take no more device memory, because the banks
// forget what no later slice can use.
func TestMemoryDoesNotGrowWithSlices(t *testing.T) {
	peak := func(slices int) int64 {
		dev := cpu.New(1)
		defer dev.Close()
		m := newModel(t, dev)
		dev.ResetPeak()
		_, err := m.Segment(context.Background(), slmsam.Request{Slices: ramp(slices),
			Prompts: []slmsam.Prompt{{Slice: 0, Object: 1, Mask: square(5, 10)}, {Slice: 0, Object: 2, Mask: square(15, 20)}}})
		require.NoError(t, err)
		return dev.Memory().Peak
	}
	require.Equal(t, peak(40), peak(200))
}

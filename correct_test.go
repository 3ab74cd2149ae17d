package slmsam_test

import (
	"bytes"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// fourObjects returns a request for 40 slices with four objects, each outlined on slices 5, 15, 25 and 35.
func fourObjects() slmsam.Request {
	r := slmsam.Request{Slices: ramp(40)}
	for object := 1; object <= 4; object++ {
		for _, slice := range []int{5, 15, 25, 35} {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: object, Mask: square(6*object-5, 6*object)})
		}
	}
	return r
}

// corrected returns the request that follows when somebody has changed object 2 on slice 20 in the result of r.
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

// TestACorrectionKeepsEverythingElse corrects one object on one slice. Only the slices up to the nearest outlines are
// recomputed, and only that object's pixels change.
func TestACorrectionKeepsEverythingElse(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	r := fourObjects()
	full, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	again := corrected(t, m, r, full)
	steps := 0
	again.Progress = func(p slmsam.Progress) error { steps = p.Total; return nil }
	result, err := m.Segment(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, 3+2*2*4, steps, "three outlines and four slices on either side of the correction, from both sides")
	changed := 0
	for i := range 40 {
		before, after := full.Labels.Slice(2, i), result.Labels.Slice(2, i)
		for p := range before {
			if before[p] != after[p] {
				changed++
				require.Greater(t, i, 15)
				require.Less(t, i, 25)
				require.True(t, before[p] == 2 || after[p] == 2, "slice %d: label %d became %d", i, before[p], after[p])
			}
		}
	}
	require.Positive(t, changed)
	require.Equal(t, []int{5, 15, 20, 25, 35}, result.Objects[1].Outlined)
}

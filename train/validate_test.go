package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestFewObjectsAreOutlinedMoreThanOnce checks that two objects are each scored by the mean over three outlined slices, and six
// objects by their middle slices alone.
func TestFewObjectsAreOutlinedMoreThanOnce(t *testing.T) {
	m := freshModel(t, cpu.New(1))
	c := discs("a", 9)
	v, err := train.Validate(t.Context(), m, train.Cases{c}, slmsam.ShortLong)
	require.NoError(t, err)
	require.Len(t, v.Scores, 2)
	require.Equal(t, 3*3, v.Absent, "object 5 is not on the first three slices")

	truth := c.LabelMap()
	var want [2]float64
	for _, outlined := range [][2]int{{4, 5}, {2, 4}, {6, 7}} { // the objects are on slices 0 to 8 and 3 to 8
		r := slmsam.Request{Slices: c.Slices()}
		for i, z := range outlined {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: z, Object: int(c.Objects[i]), Mask: c.Mask(z, i)})
		}
		found, err := m.Segment(t.Context(), r)
		require.NoError(t, err)
		for i, z := range outlined {
			exclude := make([]bool, c.Len())
			exclude[z] = true
			scores, err := eval.Score(truth, found.Labels, c.Objects[i], eval.Options{Axis: 2, Exclude: exclude})
			require.NoError(t, err)
			want[i] += scores.DSC / 3
		}
	}
	for i, s := range v.Scores {
		require.InDelta(t, want[i], s.DSC, 1e-9)
	}

	v, err = train.Validate(t.Context(), m, train.Cases{c, discs("b", 9), discs("c", 9)}, slmsam.ShortLong)
	require.NoError(t, err)
	require.Len(t, v.Scores, 6)
	require.Equal(t, 3*3, v.Absent)
}

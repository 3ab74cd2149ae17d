package session_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/session/sessiontest"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// board is a session on a ball with 12 slices of 40 x 44 pixels. Its methods work on object 1.
type board struct {
	annotate.Session
	t *testing.T
	v *volume.Volume
}

// open opens a session whose model copies outlines.
func open(t *testing.T, c annotatetest.Copier) *board {
	v := annotatetest.Ball(12, 40, 44)
	s, err := sessiontest.Backend(t, annotatetest.Limits, c).Open(v)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return &board{s, t, v}
}

// run applies strokes, runs, and returns the mask.
func (b *board) run(strokes ...annotate.Stroke) []uint8 {
	require.NoError(b.t, b.Apply(b.t.Context(), 1, strokes...))
	ran, err := b.Run(b.t.Context(), 1, nil)
	require.NoError(b.t, err)
	require.True(b.t, ran)
	return b.mask()
}

// mask returns what the client sees of the object.
func (b *board) mask() []uint8 {
	mask := make([]uint8, len(b.v.Data))
	require.NoError(b.t, b.Mask(1, mask))
	return mask
}

func (b *board) at(mask []uint8, i, j, k int) uint8 { return mask[i+44*(j+40*k)] }

// area returns the number of voxels in a mask on slice k.
func area(mask []uint8, k int) (n int) {
	for _, x := range mask[k*40*44 : (k+1)*40*44] {
		n += int(x)
	}
	return n
}

// region returns a half-open region.
func region(i0, i1, j0, j1, k0, k1 int) annotate.Region {
	return annotate.Region{Lo: [3]int{i0, j0, k0}, Hi: [3]int{i1, j1, k1}}
}

// filled returns an outline stroke that covers a whole region.
func filled(axis int, r annotate.Region) annotate.Stroke {
	size := r.Size()
	s := annotate.Stroke{Kind: annotate.Outline, Axis: axis, Region: r, Mask: make([]bool, size[0]*size[1]*size[2])}
	for i := range s.Mask {
		s.Mask[i] = true
	}
	return s
}

func click(i, j, k int, erase bool) annotate.Stroke {
	return annotate.Stroke{Kind: annotate.Click, Erase: erase, Region: region(i, i+1, j, j+1, k, k+1)}
}

// TestAnOutlinePropagates checks that a run copies an outline to the slices within reach and marks the two farthest
// as doubtful, and that a second run has nothing to do.
func TestAnOutlinePropagates(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	mask := b.run(filled(2, region(10, 20, 5, 9, 6, 7)))
	for k := range 12 {
		want := 0
		if k >= 3 && k <= 9 {
			want = 40
		}
		require.Equal(t, want, area(mask, k), "slice %d", k)
	}
	ran, err := b.Run(t.Context(), 1, nil)
	require.NoError(t, err)
	require.False(t, ran, "nothing is queued")
	require.Len(t, b.Doubts(1), 2)
}

// TestErasingAPartMakesTheRestTheOutline checks that erasing part of a tracked slice makes what is left an outline
// that propagates, and that erasing nothing changes nothing.
func TestErasingAPartMakesTheRestTheOutline(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	b.run(filled(2, region(10, 20, 5, 9, 6, 7)))
	cut := filled(2, region(15, 30, 5, 9, 8, 9))
	cut.Erase = true
	mask := b.run(cut)
	require.Equal(t, 20, area(mask, 8))
	require.Equal(t, 40, area(mask, 6), "the first outline stays")
	require.Equal(t, 20, area(mask, 11), "the correction propagates")

	cut = filled(2, region(30, 40, 20, 30, 8, 9))
	cut.Erase = true
	require.Equal(t, mask, b.run(cut), "erasing nothing changes nothing")
	require.Equal(t, 0, area(b.run(annotate.Stroke{Kind: annotate.Absent, Axis: 2, Region: region(0, 44, 0, 40, 7, 8)}), 7))
}

// TestSlicesAcrossAnotherAxis checks that outlines on slices across several axes are combined, and that erasing on
// one axis removes voxels found along another.
func TestSlicesAcrossAnotherAxis(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	mask := b.run(filled(0, region(20, 21, 5, 9, 2, 10)))
	require.EqualValues(t, 1, b.at(mask, 17, 6, 5), "propagated along that axis")
	require.EqualValues(t, 0, b.at(mask, 16, 6, 5))
	mask = b.run(filled(2, region(0, 4, 0, 4, 1, 2)))
	require.EqualValues(t, 1, b.at(mask, 17, 6, 5), "both are kept")
	require.EqualValues(t, 1, b.at(mask, 2, 2, 4))
	cut := filled(1, region(17, 18, 6, 7, 5, 6))
	cut.Erase = true
	require.EqualValues(t, 0, b.at(b.run(cut), 17, 6, 5), "erased on a plane of a third axis")
}

// TestClicks checks that the model finds what is clicked on, and what several clicks in one go mean together; that an erasing click
// removes only a part, and that erasing where nothing is changes nothing.
func TestClicks(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	mask := b.run(click(22, 20, 6, false), click(24, 20, 6, true))
	require.Equal(t, 6, area(mask, 6), "3 x 3 pixels less a column")
	require.EqualValues(t, 1, b.at(mask, 22, 20, 4), "what was found is propagated")
	mask = b.run(click(21, 19, 6, true))
	require.EqualValues(t, 0, b.at(mask, 21, 19, 6))
	require.EqualValues(t, 1, b.at(mask, 21, 21, 6), "one click does not erase everything")
	require.Equal(t, mask, b.run(click(0, 0, 6, true)), "there is nothing to erase")
}

// TestBoxAndScribble checks that the model finds what a box and a scribble mean, that an erasing scribble removes what it covers, and
// that it is an error if nothing is found.
func TestBoxAndScribble(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	box := annotate.Stroke{Kind: annotate.Box, Axis: 2, Region: region(6, 38, 5, 36, 6, 7)}
	require.Equal(t, 32*31, area(b.run(box), 6))
	require.NoError(t, b.Reset(1))
	line := filled(2, region(16, 28, 20, 21, 6, 7))
	line.Kind = annotate.Scribble
	require.InDelta(t, 3*12, area(b.run(line), 6), 10)
	off := filled(2, region(0, 44, 20, 21, 6, 7))
	off.Kind, off.Erase = annotate.Scribble, true
	require.EqualValues(t, 0, b.at(b.run(off), 22, 20, 6))
}

// TestRealModelsFindWhatIsMarked checks that a click, a box and a scribble find the section of the ball with the built-in model.
func TestRealModelsFindWhatIsMarked(t *testing.T) {
	model, err := slmsam.Open(cpu.New(1), "nano")
	require.NoError(t, err)
	v := annotatetest.Ball(12, 40, 44)
	s, err := sessiontest.Backend(t, annotatetest.Limits, model).Open(v)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	line := filled(2, region(16, 28, 20, 21, 6, 7))
	line.Kind = annotate.Scribble
	for object, stroke := range []annotate.Stroke{click(22, 20, 6, false), {Kind: annotate.Box, Axis: 2, Region: region(6, 38, 5, 36, 6, 7)}, line} {
		require.NoError(t, s.Apply(t.Context(), object, stroke))
		_, err := s.Run(t.Context(), object, nil)
		require.NoError(t, err)
		mask := make([]uint8, len(v.Data))
		require.NoError(t, s.Mask(object, mask))
		both, either := 0, 0
		for i, on := range mask {
			in := v.Data[i] >= 90
			if in && on == 1 {
				both++
			}
			if in || on == 1 {
				either++
			}
		}
		require.Greater(t, float64(both), 0.8*float64(either), "stroke %d: of the whole ball", object)
	}
}

// TestLimits checks the limits on voxels and sessions, and that closing a session, even twice, gives back exactly
// what it used.
func TestLimits(t *testing.T) {
	limits := annotate.Limits{Sessions: 2, Voxels: 1000, TotalVoxels: 1500}
	e := sessiontest.Backend(t, limits, annotatetest.Copier{})
	_, err := e.Open(annotatetest.Ball(11, 10, 10))
	var input *annotate.InputError
	require.ErrorAs(t, err, &input)
	a, err := e.Open(annotatetest.Ball(10, 10, 10))
	require.NoError(t, err)
	_, err = e.Open(annotatetest.Ball(6, 10, 10))
	require.ErrorIs(t, err, annotate.ErrFull, "voxels")
	b, err := e.Open(annotatetest.Ball(5, 10, 10))
	require.NoError(t, err)
	_, err = e.Open(annotatetest.Ball(1, 2, 2))
	require.ErrorIs(t, err, annotate.ErrFull, "sessions")
	a.Close()
	a.Close()
	b.Close()
	for range 1000 { // a closed session leaves nothing behind
		s, err := e.Open(annotatetest.Ball(10, 10, 10))
		require.NoError(t, err)
		require.NoError(t, s.Apply(t.Context(), 1, filled(2, region(1, 2, 1, 2, 1, 2))))
		s.Close()
	}
}

// TestInvalidStrokesAreRefused checks that malformed strokes, and those outside the volume, are input errors.
func TestInvalidStrokesAreRefused(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	for name, s := range map[string]annotate.Stroke{
		"outside":    filled(2, region(40, 45, 0, 1, 0, 1)),
		"reversed":   {Kind: annotate.Box, Axis: 2, Region: region(5, 3, 0, 1, 0, 1)},
		"thick":      filled(2, region(0, 1, 0, 1, 0, 2)),
		"no mask":    {Kind: annotate.Outline, Axis: 2, Region: region(0, 1, 0, 1, 0, 1)},
		"wide click": {Kind: annotate.Click, Region: region(0, 2, 0, 1, 0, 1)},
		"no axis":    {Kind: annotate.Box, Axis: 3, Region: region(0, 1, 0, 1, 0, 1)},
	} {
		var input *annotate.InputError
		require.ErrorAs(t, b.Apply(t.Context(), 1, s), &input, name)
	}
}

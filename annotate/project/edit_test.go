package project

import (
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/require"
)

// TestPropagateAndCorrect goes through a series of edits and propagations, and checks which slices the model is
// asked to compute after each.
func TestPropagateAndCorrect(t *testing.T) {
	m := far(0)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	require.Equal(t, []int{0, 0, 0, 0, 16, 0, 0, 0, 0}, areas(t, d, 1))
	propagate(t, p, d)
	require.Equal(t, []int{16, 16, 16, 16, 16, 16, 16, 16, 16}, areas(t, d, 1))
	require.Nil(t, m.requests[0].Earlier)

	// a corrected slice: only the slices between it and the nearest other outline or the end
	_, err = d.Draw(me, 7, square(1, 2, 2, 2), nil)
	require.NoError(t, err)
	propagate(t, p, d)
	require.Equal(t, map[int][]slmsam.Span{1: {{First: 5, End: 9}}}, m.requests[1].Only)
	require.Equal(t, []int{16, 16, 16, 16, 16, 16, 4, 4, 4}, areas(t, d, 1))

	// nothing new, nothing to do
	err = p.Propagate(d, "me", Run{})
	var input *annotate.InputError
	require.ErrorAs(t, err, &input)

	// another object: the first one stays as it is
	_, err = d.Draw(me, 2, square(2, 7, 2, 3), liver)
	require.NoError(t, err, "its pixels are unoccupied")
	require.Equal(t, Absent, stateOf(t, d).marks[1][2].State, "everything on this slice was erased")
	propagate(t, p, d)
	require.Equal(t, []int{9, 9, 9, 9, 9, 9, 9, 9, 9}, areas(t, d, 2))

	// marked as absent: erased, and not tracked there again
	_, err = d.MarkAbsent(me, 2, 6, 9)
	require.NoError(t, err)
	require.Zero(t, areas(t, d, 2)[7])
	propagate(t, p, d)
	last := m.requests[len(m.requests)-1]
	require.Len(t, last.Absent[2], 3)
	require.NotContains(t, last.Only, 1)
	require.Zero(t, areas(t, d, 2)[7])

	// forgotten: tracked again
	_, err = d.Forget(me, 1, 7)
	require.NoError(t, err)
	propagate(t, p, d)
	require.Equal(t, 16, areas(t, d, 1)[7])
	require.Equal(t, Tracked, stateOf(t, d).marks[1][7].State)
}

// TestDirectionAndRange propagates within a range of slices, then in one direction.
func TestDirectionAndRange(t *testing.T) {
	m := far(0)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{First: 3, End: 6}))
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{0, 0, 0, 16, 16, 16, 0, 0, 0}, areas(t, d, 1))
	require.NoError(t, p.Propagate(d, "me", Run{Direction: slmsam.Forward}))
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, map[int][]slmsam.Span{1: {{First: 5, End: 9}}}, m.requests[1].Only, "only slices that were never computed, in the forward direction")
	require.Error(t, p.Propagate(d, "me", Run{First: 6, End: 9}), "no outline in that range")
	require.Error(t, p.Propagate(d, "me", Run{First: 5, End: 50}))
}

// TestLockedObjectsStay checks that a locked object is neither overdrawn nor removed nor marked as absent.
func TestLockedObjectsStay(t *testing.T) {
	p := openProject(t, newFolder(t), far(0))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	locked := kidney[1]
	locked.Locked = true
	_, err = d.SetObject(me, 1, locked)
	require.NoError(t, err)
	_, err = d.Draw(me, 4, square(2, 2, 2, 5), liver)
	require.NoError(t, err)
	require.Equal(t, 16, areas(t, d, 1)[4])
	require.Equal(t, 9, areas(t, d, 2)[4])
	_, err = d.Remove(me, 1)
	require.ErrorContains(t, err, "locked")
	_, err = d.MarkAbsent(me, 1, 0, 9)
	require.ErrorContains(t, err, "locked")
}

// TestBadEditsAreRefused checks that impossible edits are input errors and change nothing.
func TestBadEditsAreRefused(t *testing.T) {
	d := openA(t, openProject(t, newFolder(t), far(0)))
	for name, try := range map[string]func() (int, error){
		"no object":      func() (int, error) { return d.Draw(me, 1, square(1, 0, 0, 2), nil) },
		"no such slice":  func() (int, error) { return d.Draw(me, 9, square(1, 0, 0, 2), kidney) },
		"negative slice": func() (int, error) { return d.Draw(me, -1, square(1, 0, 0, 2), kidney) },
		"not a slice":    func() (int, error) { return d.Draw(me, 1, "AAAA", kidney) },
		"label 256":      func() (int, error) { return d.SetObject(me, 256, kidney[1]) },
		"no name":        func() (int, error) { return d.SetObject(me, 1, Object{Name: " ", Color: "#000000"}) },
		"long name": func() (int, error) {
			return d.SetObject(me, 1, Object{Name: strings.Repeat("x", 101), Color: "#000000"})
		},
		"no color":         func() (int, error) { return d.SetObject(me, 1, Object{Name: "x", Color: "red"}) },
		"absent nowhere":   func() (int, error) { return d.MarkAbsent(me, 1, 3, 3) },
		"accept nothing":   func() (int, error) { return d.Accept(me, 1, 3) },
		"forget nothing":   func() (int, error) { return d.Forget(me, 1, 3) },
		"remove an absent": func() (int, error) { return d.Remove(me, 7) },
	} {
		_, err := try()
		var input *annotate.InputError
		require.ErrorAs(t, err, &input, name)
		require.Zero(t, d.Snapshot().Revision, name)
	}
	revision, err := d.Draw(me, 1, emptied, nil)
	require.NoError(t, err)
	require.Zero(t, revision, "an edit without effect is not a change")
}

package project

import (
	"encoding/base64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlanes encodes and decodes random slices, checks that bad encodings are refused, and compares the longest
// encoding with the stated maximum.
func TestPlanes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		pix := make([]uint8, 300)
		for i := range pix {
			pix[i] = uint8(r.IntN(3) * 127)
		}
		clear(pix[20:200])
		back, err := DecodePlane(EncodePlane(pix), len(pix))
		require.NoError(t, err)
		require.Equal(t, pix, back)
	}
	for name, bad := range map[string][]byte{"too short": {1, 4}, "too long": {1, 6}, "no length": {1}, "empty run": {1, 0, 1, 5},
		"length without end": {1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}} {
		_, err := DecodePlane(base64.StdEncoding.EncodeToString(bad), 5)
		require.Error(t, err, name)
	}
	_, err := DecodePlane("§", 5)
	require.ErrorContains(t, err, "base64")
	require.Nil(t, planeValue(make([]uint8, 5)))
	checkered := make([]uint8, pixels)
	for i := range checkered {
		checkered[i] = uint8(i % 2)
	}
	d := newDocument("a", grid{dim: [3]int{width, height, depth}, axis: 2})
	require.Len(t, EncodePlane(checkered), d.MaxPlane(), "the largest plane")
}

// TestReopeningRestoresEverything checks that a document with its undo history is the same after the project is
// reopened, and when it is read from a shortened journal.
func TestReopeningRestoresEverything(t *testing.T) {
	dir := newFolder(t)
	p := openProject(t, dir, far(0))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	propagate(t, p, d)
	_, err = d.Draw(me, 4, square(1, 2, 2, 5), nil)
	require.NoError(t, err)
	_, err = d.Undo(d.Snapshot().Revision, "me")
	require.NoError(t, err)
	before := d.Snapshot()
	require.NoError(t, p.Close())

	again := openA(t, openProject(t, dir, far(0)))
	require.Equal(t, before, again.Snapshot())
	done, err := again.Redo(before.Revision, "me")
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, 25, areas(t, again, 1)[4])

	// a shortened journal gives the same document
	require.NoError(t, again.journal.replace(again.records()))
	short, err := os.ReadFile(again.journal.path)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "a.journal") // again has the original file open
	require.NoError(t, os.WriteFile(path, short, 0o600))
	third, err := openDocument("a", path, again.grid)
	require.NoError(t, err)
	defer third.Close()
	require.Equal(t, again.Snapshot(), third.Snapshot())
	for range 10 {
		a, errA := again.Undo(1<<30, "me")
		b, errB := third.turnInMemory("undo")
		require.NoError(t, errA)
		require.NoError(t, errB)
		require.Equal(t, a, b)
		require.Equal(t, again.values, third.values)
	}
}

// turnInMemory is Undo or Redo without a journal.
func (d *Document) turnInMemory(kind string) (bool, error) {
	return d.apply(record{Kind: kind, Revision: d.revision + 1}), nil
}

// TestUndoTakesBackEverything makes one change of every kind, undoes them one at a time, and redoes them.
func TestUndoTakesBackEverything(t *testing.T) {
	p := openProject(t, newFolder(t), far(0))
	d := openA(t, p)
	var states []Values
	step := func(revision int, err error) {
		require.NoError(t, err)
		states = append(states, d.Snapshot().Set)
	}
	states = append(states, d.Snapshot().Set)
	step(d.Draw(me, 4, square(1, 2, 2, 4), kidney))
	step(d.SetObject(me, 2, liver[2]))
	propagate(t, p, d)
	step(0, nil)
	step(d.MarkAbsent(me, 1, 7, 9))
	step(d.Accept(me, 1, 2))
	step(d.Forget(me, 1, 4))
	step(d.Remove(me, 1))
	step(d.review(me, true, nil))
	for i := len(states) - 1; i > 0; i-- {
		require.Equal(t, states[i], d.Snapshot().Set)
		done, err := d.Undo(1<<30, "me")
		require.NoError(t, err)
		require.True(t, done)
	}
	require.Equal(t, states[0], d.Snapshot().Set)
	done, err := d.Undo(1<<30, "me")
	require.NoError(t, err)
	require.False(t, done)
	for _, want := range states[1:] {
		_, err := d.Redo(1<<30, "me")
		require.NoError(t, err)
		require.Equal(t, want, d.Snapshot().Set)
	}
}

// TestTheSecondWriterIsToldWhoWasFirst checks that an edit that would overwrite someone else's unseen one is
// refused, as is undoing it, and that edits of other slices are not.
func TestTheSecondWriterIsToldWhoWasFirst(t *testing.T) {
	d := openA(t, openProject(t, newFolder(t), far(0)))
	_, err := d.Draw(Author{"anna", 0}, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	_, err = d.Draw(Author{"ben", 0}, 4, square(1, 3, 3, 4), kidney)
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "anna", conflict.Author)
	require.Equal(t, 16, areas(t, d, 1)[4])
	_, err = d.Draw(Author{"ben", 0}, 5, square(1, 3, 3, 4), nil)
	require.NoError(t, err, "nobody else has changed this slice")
	_, err = d.Draw(Author{"ben", conflict.Revision}, 4, square(1, 3, 3, 3), nil)
	require.NoError(t, err, "now that he has seen it")
	_, err = d.Undo(1, "anna")
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "ben", conflict.Author)
	_, err = d.Undo(3, "anna")
	require.NoError(t, err)
}

// TestAnIncompleteLastRecordIsCutOff cuts a journal at every byte of its last record, and checks that the rest can
// be read and continued. Damage before the end is an error, and the file stays as it is.
func TestAnIncompleteLastRecordIsCutOff(t *testing.T) {
	dir := newFolder(t)
	d := openA(t, openProject(t, dir, far(0)))
	for i := range 4 {
		_, err := d.Draw(me, i, square(1, 2, 2, 4), kidney)
		require.NoError(t, err)
	}
	whole, err := os.ReadFile(d.journal.path)
	require.NoError(t, err)
	_, first := parseRecords(whole[:len(whole)-1])
	path := filepath.Join(t.TempDir(), "a.journal")
	for cut := first; cut <= len(whole); cut++ {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		again, err := openDocument("a", path, d.grid)
		require.NoError(t, err)
		want := 3
		if cut == len(whole) {
			want = 4
		}
		require.Equal(t, want, again.revision)
		_, err = again.Draw(me, 8, square(1, 2, 2, 4), kidney)
		require.NoError(t, err)
		again.Close()
		again, err = openDocument("a", path, d.grid)
		require.NoError(t, err)
		require.Equal(t, want+1, again.revision)
		again.Close()
	}
	for _, records := range [][]int{{0}, {1}, {0, 1}, {1, 2}, {0, 1, 2}} {
		damaged := append([]byte(nil), whole...)
		for _, i := range records {
			damaged[(4*i+2)*len(whole)/16] ^= 1 // within record i, since all are about equally long
		}
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err = openDocument("a", path, d.grid)
		require.ErrorContains(t, err, "damaged", records)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, damaged, kept, "the file stays as it is")
	}
}

// TestTwoProgramsDoNotWriteOneJournal checks that a journal belongs to the first program that writes to it, until
// that program closes it.
func TestTwoProgramsDoNotWriteOneJournal(t *testing.T) {
	dir := newFolder(t)
	a, b := openA(t, openProject(t, dir, far(0))), openA(t, openProject(t, dir, far(0)))
	_, err := a.Draw(me, 1, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	_, err = b.Draw(me, 2, square(1, 2, 2, 4), kidney)
	require.ErrorIs(t, err, ErrNotSaved)
	require.Equal(t, 0, b.Snapshot().Revision)
	require.Empty(t, b.Snapshot().Set)
	_, err = openProject(t, dir, far(0)).Document("a")
	require.ErrorIs(t, err, ErrInUse, "a journal that another program writes to is neither read nor repaired")
	a.Close()
	require.Equal(t, 1, openA(t, openProject(t, dir, far(0))).Snapshot().Revision)
}

// TestAJournalThatCannotBeShortenedIsUsedAsItIs makes shortening fail, by a name that is too long for the temporary
// file, and checks that the journal still works.
func TestAJournalThatCannotBeShortenedIsUsedAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 250))
	d, err := openDocument("a", path, grid{dim: [3]int{width, height, depth}, axis: 2})
	require.NoError(t, err)
	defer d.Close()
	_, err = d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	size := d.journal.size
	require.NoError(t, d.journal.replace(nil))
	require.Equal(t, size, d.journal.size)
	_, err = d.Draw(me, 5, square(1, 2, 2, 4), nil)
	require.NoError(t, err)
	_, records, err := openJournal(path)
	require.ErrorIs(t, err, ErrInUse, "it is still locked")
	require.Empty(t, records)
}

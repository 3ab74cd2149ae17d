package project

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzJournal checks that opening any bytes as a journal either fails and leaves the file as it was, or gives a
// document that is the same when it is opened again.
func FuzzJournal(f *testing.F) {
	whole := record{Kind: "do", Revision: 1, Author: "me", Set: Values{objectKey(1): jsonOf(kidney[1]), planeKey(0): jsonOf(square(1, 0, 0, 2))}}.line()
	undo := record{Kind: "undo", Revision: 2}.line()
	f.Add(whole)
	f.Add(append(append([]byte(nil), whole...), undo...))
	f.Add(append(append([]byte(nil), whole...), undo[:len(undo)/2]...))
	f.Add(undo)
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a.journal")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		d, err := openDocument("a", path, grid{dim: [3]int{width, height, depth}, axis: 2})
		if err != nil {
			kept, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, data, kept)
			return
		}
		before := d.Snapshot()
		d.Close()
		again, err := openDocument("a", path, d.grid)
		require.NoError(t, err)
		defer again.Close()
		require.Equal(t, before, again.Snapshot())
		_, _ = again.Draw(me, 1, square(1, 2, 2, 4), kidney) // may fail, because a value may be invalid, but must not panic
	})
}

package spill

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPile checks that items come back from memory or disk exactly once, and that no file is left.
func TestPile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := NewPile[int](3 * 4 * n)
	for i := range 10 {
		p.Put(i, numbers(i))
	}
	memory, disk := p.Usage()
	require.EqualValues(t, 3*4*n, memory)
	require.EqualValues(t, 7*4*n, disk)
	for i := 9; i >= 0; i-- {
		got, err := p.Take(i)
		require.NoError(t, err)
		require.Equal(t, numbers(i), got)
		again, err := p.Take(i)
		require.NoError(t, err)
		require.Nil(t, again)
	}
	memory, _ = p.Usage()
	require.Zero(t, memory)
	p.Close()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	require.NoError(t, err)
	require.Empty(t, left)
	p.Close() // closing twice does no harm
}

// TestAPileWithoutAFolderKeepsEverythingInMemory checks that items are kept if no file can be created.
func TestAPileWithoutAFolderKeepsEverythingInMemory(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	p := NewPile[int](0)
	for i := range 3 {
		p.Put(i, numbers(i))
	}
	memory, disk := p.Usage()
	require.EqualValues(t, 3*4*n, memory)
	require.Zero(t, disk)
	got, err := p.Take(1)
	require.NoError(t, err)
	require.Equal(t, numbers(1), got)
	p.Close()
}

// TestADamagedPileIsAnError changes the file of a pile, and checks the error.
func TestADamagedPileIsAnError(t *testing.T) {
	for name, spoil := range map[string]func(f *os.File) error{
		"truncated": func(f *os.File) error { return f.Truncate(100) },
		"changed":   func(f *os.File) error { _, err := f.WriteAt([]byte{1, 2, 3}, 77); return err },
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPile[string](0)
			defer p.Close()
			p.Put("a", numbers(1))
			require.NoError(t, spoil(p.file))
			_, err := p.Take("a")
			require.ErrorContains(t, err, "read temporary file")
			require.ErrorContains(t, err, p.file.Name())
		})
	}
}

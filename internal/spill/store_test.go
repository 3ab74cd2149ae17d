package spill

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const n = 1000 // numbers of an item, 4000 bytes

func numbers(of int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(of) + float32(i)/3
	}
	return out
}

func key(of int) Key { return Key{byte(of), byte(of >> 8), 7} }

func files(t *testing.T, dir string) []string {
	list, err := filepath.Glob(filepath.Join(dir, "slmsam-cache-*", "*"))
	require.NoError(t, err)
	return list
}

func TestTheLeastRecentlyUsedGoesToDiskThenAway(t *testing.T) {
	dir := t.TempDir()
	s := New(Budget{Memory: 3 * 4 * n, Disk: 2 * 4 * n, Dir: dir})
	require.Equal(t, 5, s.Room(n))
	for i := range 3 {
		s.Put(key(i), numbers(i))
	}
	require.Empty(t, files(t, dir), "no file before one is needed")
	require.Equal(t, numbers(0), s.Get(key(0)), "used: 1 is the oldest now")
	s.Put(key(3), numbers(3)) // 1 to disk
	s.Put(key(4), numbers(4)) // 2 to disk
	require.Len(t, files(t, dir), 2)
	require.Equal(t, numbers(1), s.Get(key(1)), "from disk, the same bits; 0 goes to disk and pushes 2 out")
	require.False(t, s.Has(key(2)))
	require.Nil(t, s.Get(key(2)))
	for _, i := range []int{0, 1, 3, 4} {
		require.Equal(t, numbers(i), s.Get(key(i)))
	}
	u := s.Usage()
	require.LessOrEqual(t, u.Memory, int64(3*4*n))
	require.LessOrEqual(t, u.Disk, int64(2*4*n))
	require.Equal(t, 1, u.Missing)
	s.Drop(key(1))
	require.False(t, s.Has(key(1)))
	require.NoError(t, s.Close())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Nil(t, s.Get(key(0)))
	s.Put(key(0), numbers(0)) // of a closed store: nothing happens
	require.False(t, s.Has(key(0)))
}

func TestFilesThatAreNotWhatTheyWereAreLost(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"missing":   os.Remove,
		"truncated": func(path string) error { return os.Truncate(path, 2000) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"changed": func(path string) error {
			raw, err := os.ReadFile(path)
			if err == nil {
				raw[1234] ^= 1
				err = os.WriteFile(path, raw, 0o600)
			}
			return err
		},
		"another's": func(path string) error {
			raw, err := os.ReadFile(path)
			if err == nil {
				raw[0] ^= 1
				err = os.WriteFile(path, raw, 0o600)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := New(Budget{Disk: 5 * 4 * n, Dir: dir})
			s.Put(key(1), numbers(1))
			require.Equal(t, numbers(1), s.Get(key(1)))
			require.NoError(t, spoil(files(t, dir)[0]))
			require.Nil(t, s.Get(key(1)))
			s.Put(key(1), numbers(1))
			require.Equal(t, numbers(1), s.Get(key(1)))
			require.NoError(t, s.Close())
		})
	}
}

func TestADiskThatCannotBeWrittenIsGoneWithout(t *testing.T) {
	s := New(Budget{Memory: 4 * n, Disk: 5 * 4 * n, Dir: filepath.Join(t.TempDir(), "nowhere")})
	s.Put(key(1), numbers(1))
	s.Put(key(2), numbers(2))
	require.Nil(t, s.Get(key(1)))
	require.Equal(t, numbers(2), s.Get(key(2)))
	require.Zero(t, s.Usage().Disk)
	require.NoError(t, s.Close())

	dir := t.TempDir()
	s = New(Budget{Disk: 5 * 4 * n, Dir: dir})
	s.Put(key(1), numbers(1))
	require.NoError(t, os.RemoveAll(filepath.Dir(files(t, dir)[0]))) // someone cleans up
	require.Nil(t, s.Get(key(1)))
	s.Put(key(2), numbers(2))
	require.Nil(t, s.Get(key(2)))
	require.NoError(t, s.Close())

	s = New(Budget{})
	s.Put(key(1), numbers(1))
	require.Nil(t, s.Get(key(1)), "no budget, nothing kept")
}

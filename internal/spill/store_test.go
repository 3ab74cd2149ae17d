package spill

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const n = 1000 // numbers in an item, which has 4000 bytes

// numbers returns the item of a key.
func numbers(of int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(of) + float32(i)/3
	}
	return out
}

// key returns one of many keys.
func key(of int) Key { return Key{byte(of), byte(of >> 8), 7} }

// files lists the store's files.
func files(t *testing.T, dir string) []string {
	list, err := filepath.Glob(filepath.Join(dir, "slmsam-cache-*", "*"))
	require.NoError(t, err)
	return list
}

// TestTheLeastRecentlyUsedItemIsEvicted checks that items go from memory to disk, and then away, the least recently
// used first, and that closing leaves no file.
func TestTheLeastRecentlyUsedItemIsEvicted(t *testing.T) {
	dir := t.TempDir()
	s := New(Budget{Memory: 3 * 4 * n, Disk: 2 * 4 * n, Dir: dir})
	require.Equal(t, 5, s.Room(n))
	for i := range 3 {
		s.Put(key(i), numbers(i))
	}
	require.Empty(t, files(t, dir), "no file is created before it is needed")
	require.Equal(t, numbers(0), s.Get(key(0)), "0 was just used, so 1 is the oldest now")
	s.Put(key(3), numbers(3)) // 1 goes to disk
	s.Put(key(4), numbers(4)) // 2 goes to disk
	require.Len(t, files(t, dir), 2)
	require.Equal(t, numbers(1), s.Get(key(1)), "the same bits from disk; 0 goes to disk, and 2 is evicted")
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
	s.Put(key(0), numbers(0)) // a closed store keeps nothing
	require.False(t, s.Has(key(0)))
}

// TestDamagedFilesAreMisses checks that an item whose file was changed is missing, and can be stored again.
func TestDamagedFilesAreMisses(t *testing.T) {
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
		"another item's": func(path string) error {
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

// TestAStoreWithoutADisk checks that a store works in memory if its folder cannot be created or is deleted, and that
// one without a budget keeps nothing.
func TestAStoreWithoutADisk(t *testing.T) {
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
	require.NoError(t, os.RemoveAll(filepath.Dir(files(t, dir)[0]))) // somebody else deletes the folder
	require.Nil(t, s.Get(key(1)))
	s.Put(key(2), numbers(2))
	require.Nil(t, s.Get(key(2)))
	require.NoError(t, s.Close())

	s = New(Budget{})
	s.Put(key(1), numbers(1))
	require.Nil(t, s.Get(key(1)), "without a budget, nothing is kept")
}

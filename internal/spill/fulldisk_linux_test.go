package spill

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAFullDisk checks that an item that cannot be written is a miss, and that the store goes on.
func TestAFullDisk(t *testing.T) {
	require.Error(t, writeFile("/dev/full", key(1), numbers(1)))
	dir := t.TempDir()
	s := New(Budget{Disk: 5 * 4 * n, Dir: dir})
	require.True(t, s.folder())
	require.NoError(t, os.Symlink("/dev/full", s.path(key(1))))
	s.Put(key(1), numbers(1))
	require.Nil(t, s.Get(key(1)))
	require.Zero(t, s.Usage().Disk)
	s.Put(key(2), numbers(2))
	require.Equal(t, numbers(2), s.Get(key(2)))
	require.NoError(t, s.Close())
}

// TestAPileOnAFullDiskGoesOnInMemory checks that a pile keeps items in memory when its file cannot grow.
func TestAPileOnAFullDiskGoesOnInMemory(t *testing.T) {
	p := NewPile[int](0)
	p.Put(1, numbers(1))
	whole := p.file
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	require.NoError(t, err)
	p.file = full
	p.Put(2, numbers(2))
	p.Put(3, numbers(3))
	require.NoError(t, full.Close())
	p.file = whole
	for i := 1; i <= 3; i++ {
		got, err := p.Take(i)
		require.NoError(t, err)
		require.Equal(t, numbers(i), got)
	}
	p.Close()
}

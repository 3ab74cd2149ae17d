package slmsam_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestHalvesInAFile checks that the result is the same whether findings in a gap wait in memory or in a temporary file, and
// that no file stays behind.
func TestHalvesInAFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	results := map[int64]*slmsam.Result{}
	for _, memory := range []int64{0, 5000, 64 << 20} {
		dev := cpu.New(0)
		m := newModel(t, dev)
		m.HoldInMemory(memory)
		r, inFile := fourObjects(), false
		r.Progress = func(slmsam.Progress) error { inFile = inFile || hasOpenFile("slmsam-halves-"); return nil }
		var err error
		results[memory], err = m.Segment(t.Context(), r)
		require.NoError(t, err)
		if runtime.GOOS == "linux" {
			require.Equal(t, memory < 64<<20, inFile, "%d bytes of memory", memory)
		}
		dev.Close()
	}
	for _, memory := range []int64{0, 5000} {
		require.Equal(t, results[64<<20].Labels, results[memory].Labels)
		require.Equal(t, results[64<<20].Doubts, results[memory].Doubts)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// hasOpenFile reports whether this process has a file open whose name contains a text. It only works on Linux.
func hasOpenFile(name string) bool {
	const open = "/proc/self/fd"
	files, err := os.ReadDir(open)
	return err == nil && slices.ContainsFunc(files, func(f os.DirEntry) bool {
		path, err := os.Readlink(filepath.Join(open, f.Name()))
		return err == nil && strings.Contains(path, name)
	})
}

// TestLongGapsTakeNoMemory propagates two objects between two outlines and measures the memory of the process, apart from
// the volume and its labels, halfway through. The findings on all slices are then waiting for those from the other side.
func TestLongGapsTakeNoMemory(t *testing.T) {
	const few, many = 100, 2000
	inUse := func(n int) int64 {
		dev := cpu.New(1)
		defer dev.Close()
		m := newModel(t, dev)
		m.HoldInMemory(32 << 10)
		r := slmsam.Request{Slices: ramp(n)}
		for object := 1; object <= 2; object++ {
			for _, slice := range []int{0, n - 1} {
				r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: object, Mask: square(10*object-5, 10*object)})
			}
		}
		var s runtime.MemStats
		r.Progress = func(p slmsam.Progress) error {
			if p.Done == p.Total/2 {
				runtime.GC()
				runtime.ReadMemStats(&s)
			}
			return nil
		}
		_, err := m.Segment(t.Context(), r)
		require.NoError(t, err)
		volume, labels := cap(r.Slices.Volume.Data), len(r.Slices.Volume.Data)
		return int64(s.HeapAlloc) - 4*int64(volume+labels)
	}
	inUse(few) // fill the runtime's pools
	perSlice := (inUse(many) - inUse(few)) / (many - few)
	held := 2 * 4 * (4 * 4) * (4 * 4) // bytes of logits per slice
	t.Logf("%d bytes per slice; the logits take %d", perSlice, held)
	require.Less(t, perSlice, int64(held)/4)
}

package cpu

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

func TestMemoryStatistics(t *testing.T) {
	d := New(1)
	a, b := d.Alloc(64), d.Alloc(1024)
	require.Equal(t, backend.Memory{Live: 4 * 1088, Peak: 4 * 1088}, d.Memory())
	d.Free(a)
	require.Equal(t, backend.Memory{Live: 4 * 1024, Pooled: 4 * 64, Peak: 4 * 1088}, d.Memory())
	a = d.Alloc(50) // the same class: taken from the pool
	require.Equal(t, 50, a.Len())
	require.Equal(t, backend.Memory{Live: 4 * 1088, Peak: 4 * 1088}, d.Memory())
	d.Free(b)
	d.ResetPeak()
	require.Equal(t, backend.Memory{Live: 4 * 64, Pooled: 4 * 1024, Peak: 4 * 64}, d.Memory())
}

func TestSizeClassWastesAtMostAQuarter(t *testing.T) {
	for n := 64; n < 1<<16; n += 7 {
		c := sizeClass(n)
		require.GreaterOrEqual(t, c, n)
		require.LessOrEqual(t, 4*c, 5*n+4, "class of %d", n)
		require.Equal(t, c, sizeClass(c))
	}
}

func TestPoolIsEmptiedWhenSizesChange(t *testing.T) {
	p := newPool()
	p.put(p.take(keepPooled / 4))
	p.put(p.take(keepPooled / 2))
	require.Equal(t, int64(3*keepPooled), p.mem.Pooled)
	p.take(100)
	require.Equal(t, int64(0), p.mem.Pooled)
	require.Equal(t, int64(4*112), p.mem.Live)
}

func TestFreshBuffersOfThePlainDeviceHoldNaN(t *testing.T) {
	d := NewPlain()
	d.Free(upload(d, 1, 2, 3))
	for _, v := range download(t, d, d.Alloc(3)) {
		require.True(t, math.IsNaN(float64(v)))
	}
}

func TestMisuseOfBuffersPanics(t *testing.T) {
	d, other := New(1), New(1)
	x, freed := d.Alloc(4), d.Alloc(4)
	d.Free(freed)
	for want, misuse := range map[string]func(){
		"cpu.Alloc: got 0 words, want at least 1":                                      func() { d.Alloc(0) },
		"cpu.Free: got a freed buffer for buffer, want a live one":                     func() { d.Free(freed) },
		"cpu.Free: got nil for buffer, want a buffer":                                  func() { d.Free(nil) },
		"cpu.Free: got a buffer of another device for buffer, want one of this device": func() { d.Free(other.Alloc(1)) },
		"cpu.Write: got 4 words in buffer, want 3 from word 2":                         func() { d.Write(x, 2, make([]float32, 3)) },
		"cpu.Fill: got 4 words in X, want 5 from word 0":                               func() { d.Fill(backend.Fill{X: x, N: 5}) },
		"cpu.Map: got 4 words in Y, want 5 from word 0":                                func() { d.Map(backend.Map{X: d.Alloc(5), Y: x, N: 5}) },
		"cpu.LayerNorm: got Rows, C = [0 4], want all at least 1":                      func() { d.LayerNorm(backend.LayerNorm{C: 4}) },
		"cpu.Copy: got 4 words in X, want words 0..4 (offset 0, sizes [1 1 1 1 5], strides [0 0 0 0 1])": func() {
			d.Copy(backend.Copy{X: x, Y: x, Dims: [5]int{1, 1, 1, 1, 5}, XStride: [5]int{4: 1}, YStride: [5]int{4: 1}})
		},
	} {
		require.PanicsWithValue(t, want, misuse)
	}
}

// parallel hands out every item once, whatever the number of threads.
func TestParallelCoversTheRange(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		for _, n := range []int{0, 1, 2, 7, 100} {
			seen := make([]int, n)
			New(threads).parallel(n, minParallel, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					seen[i]++
				}
			})
			for i, times := range seen {
				require.Equal(t, 1, times, "item %d of %d on %d threads", i, n, threads)
			}
		}
	}
}

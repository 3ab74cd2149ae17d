package cpu

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestMemoryStatistics checks the numbers of live, pooled and peak bytes as buffers come and go.
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

// TestSizeClassWastesAtMostAQuarter checks the sizes to which buffers are rounded up.
func TestSizeClassWastesAtMostAQuarter(t *testing.T) {
	for n := 64; n < 1<<16; n += 7 {
		c := sizeClass(n)
		require.GreaterOrEqual(t, c, n)
		require.LessOrEqual(t, 4*c, 5*n+4, "class of %d", n)
		require.Equal(t, c, sizeClass(c))
	}
}

// TestPoolIsEmptiedWhenSizesChange checks that a pool that holds too much for what is live is emptied.
func TestPoolIsEmptiedWhenSizesChange(t *testing.T) {
	p := newPool()
	p.put(p.take(keepPooled / 4))
	p.put(p.take(keepPooled / 2))
	require.Equal(t, int64(3*keepPooled), p.mem.Pooled)
	p.take(100)
	require.Equal(t, int64(0), p.mem.Pooled)
	require.Equal(t, int64(4*112), p.mem.Live)
}

// TestFreshBuffersOfThePlainDeviceHoldNaN checks that the specification cannot depend on what a new buffer contains.
func TestFreshBuffersOfThePlainDeviceHoldNaN(t *testing.T) {
	d := NewPlain()
	d.Free(upload(d, 1, 2, 3))
	for _, v := range download(t, d, d.Alloc(3)) {
		require.True(t, math.IsNaN(float64(v)))
	}
}

// TestMisuseOfBuffersPanics checks the message for each misuse of a buffer.
func TestMisuseOfBuffersPanics(t *testing.T) {
	d, other := New(1), New(1)
	x, freed := d.Alloc(4), d.Alloc(4)
	d.Free(freed)
	for want, misuse := range map[string]func(){
		"cpu.Alloc: got 0 words, want at least 1":                      func() { d.Alloc(0) },
		"cpu: got a freed buffer, want a live one":                     func() { d.Free(freed) },
		"cpu: got nil, want a buffer":                                  func() { d.Free(nil) },
		"cpu: got a buffer of another device, want one of this device": func() { d.Free(other.Alloc(1)) },
		"cpu: got a cpu.foreign, want a buffer of this device":         func() { d.Fill(backend.Fill{X: foreign{}, N: 1}) },
		"cpu.Write: got 4 words, want 3 from word 2":                   func() { d.Write(x, 2, make([]float32, 3)) },
		"cpu.Resample: got 2 as Table[0,0], want 0..1": func() {
			d.Resample(backend.Resample{X: x, Y: x, Table: upload(d, 2, 1), Taps: 1, Outer: 1, In: 2, Out: 1, Inner: 1})
		},
	} {
		require.PanicsWithValue(t, want, misuse)
	}
}

// TestParallelCoversTheRange checks that every item is processed once, whatever the number of threads.
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

// foreign is a buffer of another kind of device.
type foreign struct{}

func (foreign) Len() int { return 1 }

// TestEveryKernelChecks checks that every kernel refuses what its argument's Check refuses.
func TestEveryKernelChecks(t *testing.T) {
	kernels, d := reflect.TypeFor[backend.Kernels](), reflect.ValueOf(New(1))
	for i := range kernels.NumMethod() {
		m := kernels.Method(i)
		argument := reflect.Zero(m.Type.In(0))
		want := panicOf(func() { argument.Interface().(interface{ Check() }).Check() })
		require.NotNil(t, want)
		require.Equal(t, want, panicOf(func() { d.MethodByName(m.Name).Call([]reflect.Value{argument}) }), m.Name)
	}
}

// panicOf returns what call panics with, nil if it does not.
func panicOf(call func()) (value any) {
	defer func() { value = recover() }()
	call()
	return nil
}

package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestItemSpan compares the span of a range of items with the one found item by item.
func TestItemSpan(t *testing.T) {
	d, _ := watched(t, AdapterInfo{}, Options{})
	x := matrix{buf: d.Alloc(10000), off: 70, stride: 9}
	for _, steps := range [][2]int{{0, 0}, {0, 11}, {300, 0}, {300, 20}, {20, 300}} {
		x.outerStep, x.inStep = steps[0], steps[1]
		for first := range 12 {
			for n := 1; first+n <= 12; n++ {
				it := items{first, n, 4}
				lo, hi := it.offset(x, first), 0
				apart := map[int]bool{}
				for z := first; z < first+n; z++ {
					lo, hi = min(lo, it.offset(x, z)), max(hi, it.offset(x, z)+2*9+5)
					apart[it.offset(x, z)] = true
				}
				want := window(x.buf, lo, hi-lo)
				want.used = len(apart) * 3 * 5
				require.Equal(t, want, it.span(x, 3, 5), "%v %v", steps, it)
			}
		}
	}
}

// TestClassBytes checks that blocks are rounded up to multiples of 256 bytes, by at most a quarter.
func TestClassBytes(t *testing.T) {
	for n := 1; n < 1<<22; n += 1 + n/7 {
		size := classBytes(n)
		require.GreaterOrEqual(t, size, int64(4*n))
		require.LessOrEqual(t, float64(size), max(1.25*float64(4*n), 4*float64(n)+256))
		require.Zero(t, size%256)
	}
}

// TestProductKind checks by which properties measurements are stored.
func TestProductKind(t *testing.T) {
	p := product{m: 65, n: 64, k: 1 << 20, items: items{0, 1, 1}, transB: true}
	require.Equal(t, "256x64x4096 items 1 transA false transB true aligned true", p.kind())
}

// TestChunksCoverOnce checks that the chunks of a list of items cover it once, and that none is too large.
func TestChunksCoverOnce(t *testing.T) {
	d := &Device{limits: limits{bindingBytes: 4 * (alignWords + 100), batchWork: 3e9}}
	for _, c := range []struct{ items, words, each int }{{10, 10, 10}, {11, 10, 10}, {3, 60, 1}, {5, 1000, 1}, {1, 1, 100}} {
		next := 0
		for _, k := range d.chunks(c.items, c.words) {
			require.Equal(t, next, k.start)
			require.LessOrEqual(t, k.n, c.each)
			require.Positive(t, k.n)
			next += k.n
		}
		require.Equal(t, c.items, next)
	}
}

// TestGridHasAGroupForEveryItem checks that a grid has enough workgroups, and not too many in one dimension.
func TestGridHasAGroupForEveryItem(t *testing.T) {
	d := &Device{limits: limits{workgroups: 37}}
	for _, n := range []int{1, 64, 65, 37 * 64, 37*64 + 1, 36 * 37 * 64} {
		g := d.grid(n, 64)
		require.GreaterOrEqual(t, g[0]*g[1]*g[2]*64, n)
		require.LessOrEqual(t, max(g[0], g[1]), 37)
	}
}

// TestDefaultVariant checks which form a product has without tuning, by the kind of adapter.
func TestDefaultVariant(t *testing.T) {
	large, small := product{m: 64, n: 64}, product{m: 63, n: 64}
	for _, c := range []struct {
		info AdapterInfo
		p    product
		want variant
	}{
		{AdapterInfo{Kind: Software, Backend: "Vulkan"}, large, direct128()},
		{AdapterInfo{Kind: Integrated, Backend: "Metal"}, large, direct64()},
		{AdapterInfo{Kind: Discrete, Backend: "Vulkan"}, large, tiled128()},
		{AdapterInfo{Kind: Discrete, Backend: "Vulkan"}, small, tiled32()},
		{AdapterInfo{Kind: Integrated, Backend: "Vulkan"}, large, tiled64()},
		{AdapterInfo{Kind: Integrated, Backend: "D3D12"}, large, tiled32()},
	} {
		require.Equal(t, c.want, (&Device{info: c.info}).defaultVariant(c.p), "%+v", c.info)
	}
}

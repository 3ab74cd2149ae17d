package wgsl

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// TestLaunches makes every call of the kernel suite on a device that only checks launches, for each kind of adapter, with and
// without limits that split the work. It needs no driver. Each launch is compared with the shader's struct Params
// (params.check), its bindings and the limits. Every shader file must be launched, so that none remains unchecked.
func TestLaunches(t *testing.T) {
	const words = 1 << 14
	launched := map[string]bool{}
	for _, info := range []AdapterInfo{
		{Kind: Software, Backend: "Vulkan"}, {Kind: Discrete, Backend: "Vulkan"}, {Kind: Integrated, Backend: "Vulkan"},
		{Kind: Integrated, Backend: "Metal"}, {Kind: Integrated, Backend: "D3D12"},
	} {
		for _, opts := range []Options{{}, {MaxBindingBytes: 4 * words, MaxWorkgroups: 37}} {
			t.Run(fmt.Sprintf("%s %s split %t", info.Kind, info.Backend, opts.MaxBindingBytes > 0), func(t *testing.T) {
				d, w := watched(t, info, opts)
				baseline := d.Memory().Live
				suite := kerneltest.Options{}
				if opts.MaxBindingBytes > 0 {
					suite.BindingWords = words
				}
				kerneltest.Call(t, d, suite)
				callWithHalves(d)
				require.NoError(t, d.Sync())
				require.Equal(t, baseline, d.Memory().Live, "temporary buffers are released")
				for _, file := range w.files() {
					launched[file] = true
				}
				d.Close()
				require.Empty(t, w.blocks, "nothing is left behind")
			})
		}
	}
	files, err := sources.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, launched[f.Name()], "no test launches %s", f.Name())
	}
}

// callWithHalves makes calls that read float16, directly and widened.
func callWithHalves(d *Device) {
	const m, k, n = 65, 64, 130
	d.halves = true
	a, b, c := d.KeepHalves(d.Alloc(m*k)), d.KeepHalves(d.Alloc(k*n)), d.Alloc(m*n)
	d.MatMul(backend.MatMul{A: a, B: b, C: c, M: m, N: n, K: k, Batch: 1})
	d.Map(backend.Map{Op: backend.MapReLU, X: b, Y: c, N: k * n})
	d.Free(a)
	d.Free(b)
	d.Free(c)
	d.halves = false
}

// TestWorkIsSplit checks that the same work takes more launches under smaller limits.
func TestWorkIsSplit(t *testing.T) {
	count := func(opts Options) int {
		d, w := watched(t, AdapterInfo{Kind: Integrated}, opts)
		const n = 1 << 20
		x := d.Alloc(n)
		d.Map(backend.Map{Op: backend.MapReLU, X: x, Y: x, N: n})
		require.NoError(t, d.Sync())
		total := 0
		for _, times := range w.launched {
			total += times
		}
		return total
	}
	require.Equal(t, 1, count(Options{}))
	require.Equal(t, 17, count(Options{MaxBindingBytes: 4 << 16}), "2^20 words, in bindings of 2^16 words less an alignment")
}

// TestFailedSubmissionNamesItsKernels checks that the error of a submission names its kernels and is returned once.
func TestFailedSubmissionNamesItsKernels(t *testing.T) {
	d, w := watched(t, AdapterInfo{}, Options{})
	x := d.Alloc(4)
	d.Fill(backend.Fill{X: x, N: 4})
	w.failNext = errors.New("refused")
	require.EqualError(t, d.Sync(), "wgsl: running fill.wgsl: refused")
	require.NoError(t, d.Sync(), "an error is returned once")
}

// TestSumReleasesItsStages checks that the buffers of a sum in three stages do not outlive it.
func TestSumReleasesItsStages(t *testing.T) {
	d, _ := watched(t, AdapterInfo{}, Options{})
	const n = 3_000_017
	x, y := d.Alloc(n), d.Alloc(1)
	before := d.Memory().Live
	d.Sum(backend.Sum{X: x, Y: y, Outer: 1, N: n, Inner: 1, P: 1})
	require.Equal(t, before, d.Memory().Live)
}

// TestAttentionRefusesRepeats checks that a repeated key is refused rather than ignored.
func TestAttentionRefusesRepeats(t *testing.T) {
	d, _ := watched(t, AdapterInfo{}, Options{})
	h := backend.Heads{Buf: d.Alloc(4), Row: 4}
	a := backend.Attention{Q: h, K: h, V: h, O: h, LSE: d.Alloc(1), B: 1, Heads: 1, Nq: 1, Nk: 1, D: 4, Dv: 4, Repeats: 2}
	const want = "wgsl.Attention: got Repeats 2, want 0 or 1"
	require.PanicsWithValue(t, want, func() { d.Attention(a) })
	require.PanicsWithValue(t, want, func() { d.AttentionBackward(backend.AttentionBackward{Attention: a, DO: h, DQ: h, DK: h, DV: h}) })
}

//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/x448/float16"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// Tolerances of numbers kept as float16, whose unit of rounding is u = 2^-11; below 2^-14 they are multiples of 2^-24.
var (
	kept = kerneltest.Tolerance{Abs: 1. / (1 << 24), Rel: 1. / (1 << 10), Reason: "WGSL may round to either neighbor, so the error is up to 2 u"}

	// Both products read the same numbers, and 11 bits by 24 are rounded once, as usual.
	productOfKept = kerneltest.Tolerance{Abs: 5e-5, Rel: 1e-6, Reason: "a float32 sum of up to 150 terms in any order; the operands are equal"}

	// Compared with unrounded operands, each of n products of normal numbers is off by up to u of itself, at random: 5 * u/2 *
	// sqrt(n).
	productOfRounded = kerneltest.Tolerance{Abs: 0.015 * 2, Rel: 1e-3, Reason: "one or two operands off by half of 2^-11 in up to 150 products, five times that"}
)

// keptHalves opens a device that can keep float16.
func keptHalves(t testing.TB) *Device { return open(t, Options{Halves: true}) }

// TestKeepHalves checks that what is kept is rounded to float16, whatever its length, that numbers out of range
// become the largest, and that memory is halved.
func TestKeepHalves(t *testing.T) {
	d := keptHalves(t)
	rng := rand.New(rand.NewPCG(16, 1))
	for _, n := range []int{1, 2, 3, 127, 128, 129, 1000, 70001} {
		x := normals(rng, n)
		x[0] = 1e6
		b := d.Alloc(n)
		d.Write(b, 0, x)
		half := d.KeepHalves(b)
		require.Equal(t, n, half.Len())
		got := make([]float32, n)
		require.NoError(t, d.Read(half, 0, got))
		require.Equal(t, float32(65504), got[0])
		kept.Check(t, fmt.Sprint(n), got[1:], x[1:])
		nearest := 0
		for i := range x {
			if got[i] == float16.Fromfloat32(x[i]).Float32() {
				nearest++
			}
		}
		t.Logf("%d of %d are rounded to the nearest", nearest, n)
		if n > 2 {
			require.NoError(t, d.Read(half, n-2, got[:2]))
			kept.Check(t, "the end", got[:2], x[n-2:])
		}
		require.Same(t, half, d.KeepHalves(half))
		d.Free(half)
	}
	const large = 1 << 20
	live := d.Memory().Live
	b := d.KeepHalves(d.Alloc(large))
	require.Equal(t, int64(2*large), d.Memory().Live-live)
	require.Panics(t, func() { d.Write(b, 0, []float32{1}) })
	require.Panics(t, func() { d.Fill(backend.Fill{X: b, N: 1}) })
	require.Equal(t, "f16", d.Precision())

	plain := open(t, Options{})
	b = plain.Alloc(1)
	require.Same(t, b, plain.KeepHalves(b))
	require.Equal(t, "f32", plain.Precision())
}

// TestProductsOfHalves checks that every form of the product reads float16 in either operand, aligned or not: the
// result equals the CPU's for the same numbers, and is only as far from that of the unrounded numbers as rounding
// explains.
func TestProductsOfHalves(t *testing.T) {
	plain := cpu.NewPlain()
	for _, v := range variants() {
		d := keptHalves(t)
		d.tuner.forced = &v
		for _, c := range []struct {
			halves string
			backend.MatMul
		}{
			{"B", backend.MatMul{M: 70, N: 64, K: 32, Batch: 3}},
			{"AB", backend.MatMul{M: 33, N: 71, K: 150, Batch: 1}},
			{"AB", backend.MatMul{M: 36, N: 48, K: 28, Batch: 1, TransA: true, TransB: true}},
		} {
			t.Run(fmt.Sprintf("%s %s %dx%dx%d", v.name, c.halves, c.M, c.N, c.K), func(t *testing.T) {
				c.StrideA, c.StrideB, c.StrideC = c.M*c.K, c.K*c.N, c.M*c.N
				compareProductOfHalves(t, d, plain, c.MatMul, c.halves)
			})
		}
	}
}

// compareProductOfHalves runs a product on d and on plain, with the operands that which names (A, B) kept as float16 on d.
func compareProductOfHalves(t *testing.T, d *Device, plain backend.Device, s backend.MatMul, which string) {
	rng := rand.New(rand.NewPCG(16, 2))
	operands := map[string][]float32{"A": normals(rng, s.Batch*s.M*s.K), "B": normals(rng, s.Batch*s.K*s.N)}
	bias := normals(rng, s.N)
	run := func(dev backend.Device, a, b backend.Buffer) []float32 {
		s.A, s.B, s.C, s.Bias = a, b, dev.Alloc(s.Batch*s.M*s.N), dev.Alloc(s.N)
		dev.Write(s.Bias, 0, bias)
		dev.MatMul(s)
		out := make([]float32, s.C.Len())
		require.NoError(t, dev.Read(s.C, 0, out))
		return out
	}
	put := func(dev backend.Device, x []float32) backend.Buffer {
		b := dev.Alloc(len(x))
		dev.Write(b, 0, x)
		return b
	}
	unrounded := run(plain, put(plain, operands["A"]), put(plain, operands["B"]))
	onDevice := map[string]backend.Buffer{}
	for name, x := range operands {
		onDevice[name] = put(d, x)
		if strings.Contains(which, name) {
			onDevice[name] = d.KeepHalves(onDevice[name])
			require.NoError(t, d.Read(onDevice[name], 0, x)) // the reference multiplies the numbers that were kept
		}
	}
	got := run(d, onDevice["A"], onDevice["B"])
	productOfKept.Check(t, "C", got, run(plain, put(plain, operands["A"]), put(plain, operands["B"])))
	productOfRounded.Check(t, "C", got, unrounded)
}

// TestCopiesOfHalves checks that a copy widens what it reads, by fours and one by one, and that a kernel that cannot
// read float16 gets it widened.
func TestCopiesOfHalves(t *testing.T) {
	d := keptHalves(t)
	rng := rand.New(rand.NewPCG(16, 3))
	const n = 600
	b := d.Alloc(n)
	d.Write(b, 0, normals(rng, n))
	half := d.KeepHalves(b)
	want := make([]float32, n)
	require.NoError(t, d.Read(half, 0, want))
	for _, off := range []int{0, 1, 4, 131, 260} {
		y := d.Alloc(n)
		d.Copy(backend.Copy{X: half, Y: y, XOff: off, Dims: [5]int{1, 1, 1, 20, 12}, XStride: [5]int{0, 0, 0, 16, 1}, YStride: [5]int{0, 0, 0, 12, 1}})
		got := make([]float32, 240)
		require.NoError(t, d.Read(y, 0, got))
		for i := range got {
			require.Equal(t, want[off+i/12*16+i%12], got[i], "%d from %d", i, off)
		}
	}
	y := d.Alloc(n)
	d.Map(backend.Map{Op: backend.MapAffine, P: 2, Q: 1, X: half, Y: y, N: n})
	got := make([]float32, n)
	require.NoError(t, d.Read(y, 0, got))
	for i := range got {
		require.InDelta(t, 2*want[i]+1, got[i], 1e-6)
	}
}

// TestJoinOfHalves joins matrices kept as float16 and others, by fours and one by one.
func TestJoinOfHalves(t *testing.T) {
	d := keptHalves(t)
	rng := rand.New(rand.NewPCG(16, 5))
	const outer = 3
	for _, unit := range []int{4, 3} {
		a := backend.Join{Outer: outer}
		var want [][]float32
		for i, half := range []bool{true, true, false, true, true, true, true, true, true, true, true, true, false, false} {
			w := unit * (i%3 + 1)
			x := d.Alloc(outer * w)
			d.Write(x, 0, normals(rng, outer*w))
			if half {
				x = d.KeepHalves(x)
			}
			values := make([]float32, outer*w)
			require.NoError(t, d.Read(x, 0, values))
			a.X, a.Widths, want = append(a.X, x), append(a.Widths, w), append(want, values)
		}
		a.Y = d.Alloc(outer * a.Width())
		before := d.Tally()
		d.Join(a)
		require.Equal(t, 5, d.Tally().Since(before).All().Dispatches, "runs of two, one, seven, two and two matrices; none is widened first")
		got := make([]float32, outer*a.Width())
		require.NoError(t, d.Read(a.Y, 0, got))
		for o := range outer {
			for i, w := range a.Widths {
				require.Equal(t, want[i][o*w:(o+1)*w], got[:w])
				got = got[w:]
			}
		}
	}
}

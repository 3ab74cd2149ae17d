package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// texture is a smooth pseudo-random image, a function of position.
type texture struct{ waves [24][4]float64 }

func newTexture(seed uint64) *texture {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &texture{}
	for i := range t.waves {
		wavelength := 6 + 40*rng.Float64()
		angle := 2 * math.Pi * rng.Float64()
		k := 2 * math.Pi / wavelength
		t.waves[i] = [4]float64{k * math.Cos(angle), k * math.Sin(angle), 2 * math.Pi * rng.Float64(), 0.3 + rng.Float64()}
	}
	return t
}

func (t *texture) at(x, y float64) float64 {
	sum := 0.0
	for _, w := range t.waves {
		sum += w[3] * math.Sin(w[0]*x+w[1]*y+w[2])
	}
	return sum
}

// draw samples the texture at points displaced by move.
func (t *texture) draw(h, w int, move func(x, y float64) (dx, dy float64)) []uint8 {
	out := make([]uint8, h*w)
	for y := range h {
		for x := range w {
			dx, dy := move(float64(x), float64(y))
			out[y*w+x] = uint8(min(max(128+20*t.at(float64(x)+dx, float64(y)+dy), 0), 255))
		}
	}
	return out
}

// unmoved is the displacement of a picture that stands still.
func unmoved(x, y float64) (float64, float64) { return 0, 0 }

// meanError returns the mean distance in pixels from the true displacement, excluding a margin.
func meanError(f *Field, move func(x, y float64) (dx, dy float64), rim int) float64 {
	sum, n := 0.0, 0
	for y := rim; y < f.H-rim; y++ {
		for x := rim; x < f.W-rim; x++ {
			dx, dy := move(float64(x), float64(y))
			i := y*f.W + x
			sum += math.Hypot(float64(f.DX[i])-dx, float64(f.DY[i])-dy)
			n++
		}
	}
	return sum / float64(n)
}

// TestKnownDisplacements checks the mean error for a still picture and for shifts, growth and rotation.
func TestKnownDisplacements(t *testing.T) {
	const h, w, rim = 120, 136, 12
	for _, c := range []struct {
		name string
		move func(x, y float64) (dx, dy float64)
		most float64 // largest mean error in pixels
	}{
		{"still", unmoved, 0.01},
		{"shift", func(x, y float64) (float64, float64) { return 2.3, -3.4 }, 0.15},
		{"far", func(x, y float64) (float64, float64) { return -9, 7 }, 0.3},
		{"growing", func(x, y float64) (float64, float64) { return 0.06 * (x - w/2), 0.06 * (y - h/2) }, 0.25},
		{"turning", func(x, y float64) (float64, float64) { return 0.05 * (y - h/2), -0.05 * (x - w/2) }, 0.25},
	} {
		t.Run(c.name, func(t *testing.T) {
			of := newTexture(3)
			f := Between(of.draw(h, w, unmoved), of.draw(h, w, c.move), h, w)
			require.Less(t, meanError(f, c.move, rim), c.most)
		})
	}
}

// TestBrightnessChange checks that a shift is found although the picture gets brighter.
func TestBrightnessChange(t *testing.T) {
	const h, w = 96, 96
	move := func(x, y float64) (float64, float64) { return 1.5, 1 }
	of := newTexture(5)
	to := of.draw(h, w, move)
	for i := range to {
		to[i] = uint8(min(int(to[i])+12, 255))
	}
	require.Less(t, meanError(Between(of.draw(h, w, unmoved), to, h, w), move, 10), 0.6)
}

// TestSmallAndFlatSlices checks that slices without contrast, of any size, do not move.
func TestSmallAndFlatSlices(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 50}, {3, 5}, {9, 7}, {33, 16}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			gray := make([]uint8, size[0]*size[1])
			f := Between(gray, gray, size[0], size[1])
			require.Equal(t, size, [2]int{f.H, f.W})
			for i := range f.DX {
				require.InDelta(t, 0, f.DX[i], 1e-3)
				require.InDelta(t, 0, f.DY[i], 1e-3)
			}
		})
	}
}

// TestWarpMovesAMask carries a square along a shift, and counts the pixels that are wrong.
func TestWarpMovesAMask(t *testing.T) {
	const h, w = 96, 96
	move := func(x, y float64) (float64, float64) { return 3, -2 }
	of := newTexture(9)
	mask := make([]float32, h*w)
	for y := 30; y < 60; y++ {
		for x := 30; x < 60; x++ {
			mask[y*w+x] = 1
		}
	}
	carried := Between(of.draw(h, w, unmoved), of.draw(h, w, move), h, w).Warp(mask)
	wrong := 0
	for y := range h {
		for x := range w {
			inside := y-2 >= 30 && y-2 < 60 && x+3 >= 30 && x+3 < 60
			if (carried[y*w+x] > 0.5) != inside {
				wrong++
			}
		}
	}
	require.Less(t, wrong, 60, "wrong pixels, for a border of 116 pixels")
}

// TestThenAddsMotions checks that two shifts in a row add up, wherever both stay on the slice.
func TestThenAddsMotions(t *testing.T) {
	shift := func(dx, dy float32) *Field {
		f := Still(8, 9)
		for i := range f.DX {
			f.DX[i], f.DY[i] = dx, dy
		}
		return f
	}
	require.Equal(t, shift(3, -1), shift(1, 1).Then(shift(2, -2)))
	field := shift(0, 0)
	field.DX[3*9+4] = 0.5 // the first step's displacement at the place that the second step samples
	require.Equal(t, float32(2.5), field.Then(shift(2, 0)).DX[3*9+2])
}

// TestWrongSizesPanic checks that pictures of the wrong size panic.
func TestWrongSizesPanic(t *testing.T) {
	require.Panics(t, func() { Between(make([]uint8, 5), make([]uint8, 6), 2, 3) })
	require.Panics(t, func() { Still(2, 3).Warp(make([]float32, 5)) })
}

// BenchmarkBetween256 measures the flow between two slices of 256 x 256 pixels.
func BenchmarkBetween256(b *testing.B) {
	of := newTexture(3)
	from := of.draw(256, 256, unmoved)
	to := of.draw(256, 256, func(x, y float64) (float64, float64) { return 2.3, -3.4 })
	for b.Loop() {
		Between(from, to, 256, 256)
	}
}

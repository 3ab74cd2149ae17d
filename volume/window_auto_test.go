package volume

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// brain returns a volume like an MR of a head: noise in the air, tissue from 200 to 650.
func brain(rng *rand.Rand) *Volume {
	v := &Volume{Dim: [3]int{40, 40, 12}, Data: make([]float32, 40*40*12)}
	for i := range v.Data {
		x, y := i%40-20, i/40%40-20
		v.Data[i] = float32(rng.IntN(12))
		if x*x+y*y < 200 {
			v.Data[i] = float32(200 + rng.IntN(451))
		}
	}
	return v
}

// abdomen returns a volume like a CT: air, fat, soft tissue, bone up to 1200.
func abdomen(rng *rand.Rand) *Volume {
	v := brain(rng)
	for i, x := range v.Data {
		switch {
		case x < 12:
			v.Data[i] = -1000 + x
		case x < 300:
			v.Data[i] = float32(-120 + rng.IntN(40))
		case x < 640:
			v.Data[i] = float32(rng.IntN(120))
		default:
			v.Data[i] = float32(300 + rng.IntN(900))
		}
	}
	return v
}

// TestAutoWindowEqualsThePapersWithoutOutliers checks that AutoWindow changes nothing for a clean image.
func TestAutoWindowEqualsThePapersWithoutOutliers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, v := range []*Volume{brain(rng), volumeOf("", 0, 700), volumeOf("", -47, 833), volumeOf("CT", -1000, 1195), volumeOf("", 0, 1, 2, 3)} {
		want, err := PaperWindow(v)
		require.NoError(t, err)
		got, err := AutoWindow(v)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// TestAutoWindowIgnoresOutliers checks that tissue keeps its contrast, whatever a few voxels or the padding contain.
func TestAutoWindowIgnoresOutliers(t *testing.T) {
	some := func(v *Volume, n int, value float32) {
		for i := range n {
			v.Data[(i*7919+5)%len(v.Data)] = value
		}
	}
	for name, c := range map[string]struct {
		make   func(*rand.Rand) *Volume
		change func(*Volume)
		lo, hi [2]float64 // bounds of the window's ends
	}{
		"one hot voxel":        {brain, func(v *Volume) { v.Data[777] = 32767 }, [2]float64{0, 0}, [2]float64{640, 830}},
		"very hot":             {brain, func(v *Volume) { v.Data[777] = 1e30 }, [2]float64{0, 0}, [2]float64{640, 830}},
		"a cold voxel":         {brain, func(v *Volume) { v.Data[777] = -32768 }, [2]float64{-170, 0}, [2]float64{640, 660}},
		"thirty hot voxels":    {brain, func(v *Volume) { some(v, 30, 5000) }, [2]float64{0, 0}, [2]float64{640, 830}},
		"padding below":        {brain, func(v *Volume) { some(v, 6000, -32768) }, [2]float64{0, 0}, [2]float64{640, 830}},
		"padding above":        {brain, func(v *Volume) { some(v, 6000, 65535) }, [2]float64{0, 0}, [2]float64{640, 830}},
		"padding and hot":      {brain, func(v *Volume) { some(v, 4000, -2000); v.Data[3] = 9999 }, [2]float64{0, 0}, [2]float64{640, 830}},
		"skull stripped":       {brain, func(v *Volume) { zeroBelow(v, 12) }, [2]float64{0, 250}, [2]float64{640, 830}},
		"CT with a clip":       {abdomen, func(v *Volume) { some(v, 20, 30000) }, [2]float64{-1000, -1000}, [2]float64{900, 2000}},
		"CT with padding":      {abdomen, func(v *Volume) { some(v, 5000, -3024) }, [2]float64{-1024, -990}, [2]float64{900, 1900}},
		"CT with its own mean": {abdomen, func(v *Volume) { v.Modality = "CT"; some(v, 10, -2000) }, [2]float64{-1024, -990}, [2]float64{900, 1900}},
	} {
		v := c.make(rand.New(rand.NewPCG(3, 4)))
		c.change(v)
		got, err := AutoWindow(v)
		require.NoError(t, err, name)
		require.GreaterOrEqual(t, got.Lo, c.lo[0], name)
		require.LessOrEqual(t, got.Lo, c.lo[1], name)
		require.GreaterOrEqual(t, got.Hi, c.hi[0], name)
		require.LessOrEqual(t, got.Hi, c.hi[1], name)
		again, err := AutoWindow(v)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
}

func zeroBelow(v *Volume, limit float32) {
	for i, x := range v.Data {
		if x < limit {
			v.Data[i] = 0
		}
	}
}

// TestAutoWindowSamplesLargeVolumes checks that an outlier between the sampled voxels is trimmed, and that the
// window is close to that of all voxels.
func TestAutoWindowSamplesLargeVolumes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	small := brain(rng)
	large := &Volume{Dim: [3]int{160, 160, 48}}
	for range 64 {
		large.Data = append(large.Data, small.Data...)
	}
	large.Data[12345] = 60000
	want, err := AutoWindow(small)
	require.NoError(t, err)
	got, err := AutoWindow(large)
	require.NoError(t, err)
	require.Equal(t, want.Lo, got.Lo)
	require.InDelta(t, 1.25*645, got.Hi, 10)
}

// TestLooksLikeCT checks what is recognized as CT, by its header or its air.
func TestLooksLikeCT(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	change := func(v *Volume, f func(i int, x float32) float32) *Volume {
		for i, x := range v.Data {
			v.Data[i] = f(i, x)
		}
		return v
	}
	normal := func(mean, sd float64) *Volume {
		return change(brain(rng), func(int, float32) float32 { return float32(mean + sd*rng.NormFloat64()) })
	}
	for name, c := range map[string]struct {
		v    *Volume
		want bool
	}{
		"by its air":               {abdomen(rng), true},
		"with padding":             {change(abdomen(rng), func(i int, x float32) float32 { return pick(i%3 == 0, -3024, x) }), true},
		"noise below air":          {change(abdomen(rng), func(i int, x float32) float32 { return pick(i%2000 == 0, -1190, x) }), true},
		"by its header":            {volumeOf("CT", 3, 4), true},
		"MR":                       {brain(rng), false},
		"MR around 0, wide":        {normal(0, 900), false},
		"MR around 0":              {normal(0, 1), false},
		"MR with a negative voxel": {change(brain(rng), func(i int, x float32) float32 { return pick(i == 9, -1000, x) }), false},
		"MR with padding":          {change(brain(rng), func(i int, x float32) float32 { return pick(i%4 == 0, -32768, x) }), false},
		"MR by its header":         {&Volume{Dim: [3]int{2, 1, 1}, Data: []float32{-1000, 40}, Modality: "MR"}, false},
	} {
		require.Equal(t, c.want, c.v.LooksLikeCT(), name)
	}
}

func pick(yes bool, a, b float32) float32 {
	if yes {
		return a
	}
	return b
}

package eval

import (
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestLargeVolume checks that 512 x 512 x 300 voxels with ten labels are scored in under 20 s and with under 2 GB. It runs
// only with SLMSAM_LARGE=1.
func TestLargeVolume(t *testing.T) {
	if os.Getenv("SLMSAM_LARGE") != "1" {
		t.Skip("set SLMSAM_LARGE=1 to score a 512 x 512 x 300 volume with ten labels")
	}
	for name, pair := range map[string]func() (a, b *volume.LabelMap){"organs": largePair, "everywhere": scatteredPair} {
		t.Run(name, func(t *testing.T) { scoreLarge(t, pair) })
	}
}

func scoreLarge(t *testing.T, pair func() (a, b *volume.LabelMap)) {
	truth, prediction := pair()
	start := time.Now()
	scorer, err := NewScorer(truth, prediction, volume.GridOptions{})
	require.NoError(t, err)
	for _, label := range scorer.TruthLabels() {
		s, err := scorer.Score(label, Options{Axis: 2, ToleranceMM: 2})
		require.NoError(t, err)
		require.Greater(t, s.DSC, 0.5)
	}
	elapsed := time.Since(start)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("%v, %.0f MB from the system", elapsed, float64(mem.Sys)/1e6)
	require.Less(t, elapsed, 20*time.Second)
	require.Less(t, mem.Sys, uint64(2e9))
}

// largePair returns ten ellipsoids, one of them nearly as large as the volume and with the others inside, and a prediction
// that is shifted.
func largePair() (truth, prediction *volume.LabelMap) {
	dim, spacing := [3]int{512, 512, 300}, [3]float64{0.8, 0.8, 2.5}
	truth, prediction = newMap(dim, spacing), newMap(dim, spacing)
	for label := int32(1); label <= 10; label++ {
		center, radius := [3]float64{256, 256, 150}, [3]float64{250, 240, 145}
		if label > 1 {
			a := float64(label) * 2 * math.Pi / 9
			center = [3]float64{256 + 140*math.Cos(a), 256 + 140*math.Sin(a), 150}
			radius = [3]float64{45, 45, 100}
		}
		fillEllipsoid(truth, label, center, radius)
		center[0], center[2] = center[0]+4, center[2]+2
		fillEllipsoid(prediction, label, center, radius)
	}
	return truth, prediction
}

func fillEllipsoid(m *volume.LabelMap, label int32, center, radius [3]float64) {
	square := func(i, axis int) float64 {
		d := (float64(i) - center[axis]) / radius[axis]
		return d * d
	}
	for z := range m.Dim[2] {
		for y := range m.Dim[1] {
			yz := square(z, 2) + square(y, 1)
			if yz > 1 {
				continue
			}
			row := m.Data[(z*m.Dim[1]+y)*m.Dim[0]:][:m.Dim[0]]
			for x := range row {
				if yz+square(x, 0) <= 1 {
					row[x] = label
				}
			}
		}
	}
}

// scatteredPair returns the worst case for cropping: ten labels, each in blocks of 32 voxels all over the volume.
func scatteredPair() (truth, prediction *volume.LabelMap) {
	dim, spacing := [3]int{512, 512, 300}, [3]float64{0.8, 0.8, 2.5}
	truth, prediction = newMap(dim, spacing), newMap(dim, spacing)
	for z := range dim[2] {
		for y := range dim[1] {
			for x := range dim[0] {
				i := (z*dim[1]+y)*dim[0] + x
				truth.Data[i] = int32((x/32 + 3*(y/32) + 7*(z/32)) % 11)
				prediction.Data[i] = int32(((x+3)/32 + 3*(y/32) + 7*((z+1)/32)) % 11)
			}
		}
	}
	return truth, prediction
}

// BenchmarkLargePair measures scoring all ten labels of largePair, one after the other.
func BenchmarkLargePair(b *testing.B) {
	truth, prediction := largePair()
	for b.Loop() {
		scorer, err := NewScorer(truth, prediction, volume.GridOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, label := range scorer.TruthLabels() {
			if _, err := scorer.Score(label, Options{Axis: 2, ToleranceMM: 2}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

package volume

import (
	"fmt"
	"math"
	"slices"
)

// Settings of the automatic window. If the intensities extend outlierReach times as far as those of nearly all voxels, the extreme
// ones are outliers, and the window extends only windowReach times as far. Other images keep their whole range, as in the
// paper: on 20 unseen volumes, the built-in model lost 0.01 DSC if bright vessels, at three times the usual range, counted as
// outliers, and 0.02 if the brightest voxels were always left out.
const (
	windowSample = 1 << 18 // number of evenly spaced voxels that percentiles are computed from
	bodyPart     = 0.1     // voxels above this share of the usual range belong to the body
	bodyTop      = 0.995   // upper percentile of the body
	lowestPart   = 0.001   // lower percentile of all voxels
	outlierReach = 3.5
	metalReach   = 2 // outlierReach for CT, which is already clipped
	windowReach  = 1.25
)

// intensities is the input for an automatic window: a sorted sample and the range, both without padding.
type intensities struct {
	sorted []float32
	lo, hi float64
}

// AutoWindow returns the default window of a volume: its range, trimmed if single voxels, metal or padding would leave little
// contrast for everything else. In CT, black is at least -1024 HU and white at most 2000 HU. The window depends only on the
// intensities. AutoWindow returns an error for NaN or infinite voxels and, wrapping ErrConstant, for a volume without
// contrast.
func AutoWindow(v *Volume) (Window, error) {
	if err := v.CheckFinite(); err != nil {
		return Window{}, err
	}
	s := v.intensities()
	ct := v.LooksLikeCT()
	if ct {
		s = s.clip(ctLo, ctHi)
	}
	w := Window{Lo: s.lo, Hi: s.hi}
	if !(w.Hi > w.Lo) {
		return Window{}, v.constant(s.lo, ct)
	}
	low, high := s.at(lowestPart), s.at(bodyTop)
	body := s.above(low + bodyPart*(high-low))
	if ct {
		body = s.above(ctBody)
	}
	if len(body.sorted) > 0 {
		high = body.at(bodyTop)
	}
	if !(high > low) {
		return w, nil
	}
	if !ct { // air is black in CT
		w.Lo = high - trimmed(high-w.Lo, high-low, outlierReach)
	}
	reach := float64(outlierReach)
	if ct {
		reach = metalReach
	}
	w.Hi = w.Lo + trimmed(w.Hi-w.Lo, high-w.Lo, reach)
	return w, nil
}

// trimmed returns how far a window extends if the outermost voxel is at extreme, and nearly all voxels are within usual.
func trimmed(extreme, usual, reach float64) float64 {
	if extreme > reach*usual {
		return windowReach * usual
	}
	return extreme
}

// constant returns the error for a volume without contrast.
func (v *Volume) constant(value float64, ct bool) error {
	clip := ""
	if ct {
		clip = " after clipping CT to [-1024, 2000] HU"
	}
	return fmt.Errorf("volume: %s: %w (%g)%s: nothing to segment", displayPath(v.Path), ErrConstant, value, clip)
}

// intensities samples the voxels that are not padding.
func (v *Volume) intensities() intensities {
	step := 1
	if n := len(v.Data); n > windowSample {
		for step = n/windowSample + 1; gcd(step, v.Dim[0]) > 1 || gcd(step, v.Dim[1]) > 1; { // so that the sample is not all from a few columns
			step++
		}
	}
	sample := make([]float32, 0, len(v.Data)/step+1)
	for i := 0; i < len(v.Data); i += step {
		sample = append(sample, v.Data[i])
	}
	slices.Sort(sample)
	lo, hi := v.Range()
	s := intensities{sample, lo, hi}
	s = s.withoutPadding(v.Data, true)
	return s.withoutPadding(v.Data, false)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Padding is a single value of many voxels that is far below (or above) all others.
const (
	paddingPart  = 0.002 // smallest share of the voxels
	paddingGap   = 0.25  // smallest distance from other voxels, relative to their range
	paddingOther = 32    // smallest number of different values of other voxels; images with fewer values have no padding
)

// withoutPadding removes the lowest (or the highest) value if it is padding.
func (s intensities) withoutPadding(data []float32, lowest bool) intensities {
	pad, next := s.lo, math.Inf(1)
	if !lowest {
		pad, next = s.hi, math.Inf(-1)
	}
	count := 0
	for _, x := range data {
		switch y := float64(x); {
		case y == pad:
			count++
		case lowest:
			next = min(next, y)
		default:
			next = max(next, y)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(s.sorted), func(x float32) bool { return float64(x) == pad })
	other := intensities{sorted: rest, lo: s.lo, hi: s.hi}
	if len(rest) == 0 || float64(count) < paddingPart*float64(len(data)) || !other.varied() {
		return s
	}
	if math.Abs(next-pad) < paddingGap*(other.at(1-lowestPart)-other.at(lowestPart)) {
		return s
	}
	if lowest {
		other.lo = next
	} else {
		other.hi = next
	}
	return other
}

// varied reports whether the sample has many different values.
func (s intensities) varied() bool {
	different := 1
	for i := 1; i < len(s.sorted) && different < paddingOther; i++ {
		if s.sorted[i] != s.sorted[i-1] {
			different++
		}
	}
	return different >= paddingOther
}

// at returns the quantile q, 0 to 1, of the sample.
func (s intensities) at(q float64) float64 {
	return float64(s.sorted[int(math.Round(q*float64(len(s.sorted)-1)))])
}

// above returns the part of the sample that is brighter than x.
func (s intensities) above(x float64) intensities {
	i, _ := slices.BinarySearchFunc(s.sorted, x, func(y float32, x float64) int {
		if float64(y) > x {
			return 1
		}
		return -1
	})
	s.sorted = s.sorted[i:]
	return s
}

// clip returns the intensities clipped to lo and hi.
func (s intensities) clip(lo, hi float64) intensities {
	limited := func(x float64) float64 { return min(max(x, lo), hi) }
	out := intensities{lo: limited(s.lo), hi: limited(s.hi)}
	for _, x := range s.sorted {
		out.sorted = append(out.sorted, float32(limited(float64(x))))
	}
	return out
}

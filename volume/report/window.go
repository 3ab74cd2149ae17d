package report

import (
	"image"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// How the gray window of an object is determined.
const (
	windowSlices = 9      // number of slices used
	windowValues = 20_000 // number of values per slice
	windowLow    = 0.01   // quantile that becomes black
	windowHigh   = 0.99   // quantile that becomes white
	windowRoom   = 0.1    // share of the range between them that is added on both sides, so that bright parts show texture
)

// Windows for CT, in Hounsfield units. An object is soft tissue if its median is between softLo and softHi and its values vary
// less than those of bone. Its window is at most softReach wide on both sides of the median, because air and bone next to the
// object would leave too little contrast. The window of an object of air ends at airHi.
const (
	softLo, softHi = -200, 350
	softSpread     = 110 // largest interquartile range: vertebrae have 120 to 350, organs less than 50
	softReach      = 200
	airBelow       = -500
	airHi          = 200
)

// around samples the intensities on a slice [h,w] in and around an object's bounds, and those inside the object.
func around(pix []float32, h, w int, box image.Rectangle, in func(p int) bool) (all, inside []float32) {
	margin := max(4, max(box.Dx(), box.Dy())/4)
	box = box.Inset(-margin).Intersect(image.Rect(0, 0, w, h))
	step := max(1, box.Dx()*box.Dy()/windowValues)
	for p := 0; p < box.Dx()*box.Dy(); p += step {
		at := (box.Min.Y+p/box.Dx())*w + box.Min.X + p%box.Dx()
		all = append(all, pix[at])
		if in(at) {
			inside = append(inside, pix[at])
		}
	}
	return all, inside
}

// robustWindow returns a window without the darkest and brightest values and, for CT, without values far from those of the object.
func robustWindow(all, inside []float32, ct bool) volume.Window {
	if len(all) == 0 {
		return volume.Window{Lo: 0, Hi: 1}
	}
	slices.Sort(all)
	rank := func(share float64) float64 { return float64(all[int(share*float64(len(all)-1))]) }
	win := volume.Window{Lo: rank(windowLow), Hi: rank(windowHigh)}
	room := windowRoom * (win.Hi - win.Lo)
	win.Lo, win.Hi = max(win.Lo-room, float64(all[0])), min(win.Hi+room, float64(all[len(all)-1]))
	if ct && len(inside) > 0 {
		win = tissueWindow(win, inside)
	}
	if !(win.Lo < win.Hi) {
		win = volume.Window{Lo: float64(all[0]), Hi: float64(all[len(all)-1])}
	}
	if !(win.Lo < win.Hi) {
		win.Lo, win.Hi = win.Lo-1, win.Hi+1
	}
	return win
}

// tissueWindow narrows a CT window to the tissue that the object consists of.
func tissueWindow(win volume.Window, inside []float32) volume.Window {
	slices.Sort(inside)
	quartile := func(q int) float64 { return float64(inside[q*(len(inside)-1)/4]) }
	switch m := quartile(2); {
	case m < airBelow:
		win.Hi = min(win.Hi, airHi)
	case m >= softLo && m <= softHi && quartile(3)-quartile(1) <= softSpread:
		win = volume.Window{Lo: max(win.Lo, m-softReach), Hi: min(win.Hi, m+softReach)}
	}
	return win
}

// evenly returns at most n evenly spaced elements, including the first and the last.
func evenly(all []int, n int) []int {
	if len(all) <= n {
		return all
	}
	if n <= 1 {
		return all[len(all)/2 : len(all)/2+max(n, 0)]
	}
	out := make([]int, n)
	for i := range out {
		out[i] = all[(i*(len(all)-1)+(n-1)/2)/(n-1)]
	}
	return out
}

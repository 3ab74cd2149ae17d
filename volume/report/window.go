package report

import (
	"image"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Values that a window is chosen from, of one object.
const (
	windowSlices = 9      // on so many slices
	windowValues = 20_000 // so many of each
	windowLow    = 0.01   // what is darker than this share of them becomes black
	windowHigh   = 0.99   // what is brighter, white
	windowRoom   = 0.1    // of what lies between, added on both sides: the brightest part shall show its texture
)

// CT, in Hounsfield units. An object of soft tissue, whose median is between softLo and softHi and whose values are
// no wider apart than bone's, is shown in a window no wider than softReach about its median: air and bone beside it
// would leave it no contrast. An object of air is shown up to airHi.
const (
	softLo, softHi = -200, 350
	softSpread     = 110 // between the quartiles: vertebrae have 120 to 350, organs less than 50
	softReach      = 200
	airBelow       = -500
	airHi          = 200
)

// around gathers intensities of what lies about an object on a slice [h,w], and of the object itself.
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

// robustWindow leaves out the darkest and the brightest, for CT what is far from the soft tissue of the object.
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

// tissueWindow narrows a window of CT to what the object consists of.
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

// evenly picks at most n of all, the first and the last among them.
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

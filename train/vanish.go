package train

import "math/rand/v2"

// mostVanished is the most slices that an object vanishes for.
const mostVanished = 3

// vanish paints over the first object of a clip on one to three of its tracked slices: real volumes offer few
// examples of an object disappearing, and perhaps coming back.
func vanish(clip *Clip, rng *rand.Rand) {
	if len(clip.Frames) < 2 {
		return
	}
	from := 1 + rng.IntN(len(clip.Frames)-1)
	for i := from; i < min(from+1+rng.IntN(mostVanished), len(clip.Frames)); i++ {
		f := &clip.Frames[i]
		PaintOver(f.Gray, f.Masks[:clip.Size*clip.Size], clip.Size, rng)
		f.Empty[0] = true
	}
}

// paintRim and paintRing are distances in pixels. PaintOver covers a mask and the paintRim pixels around it, whose
// edge would give it away, with gray values from the ring beyond that, up to paintRing pixels from the mask.
const paintRim, paintRing = 2, 6

// PaintOver paints over a mask [h,w] on a slice with gray values drawn from its surroundings, and clears the mask.
func PaintOver(gray []uint8, mask []bool, w int, rng *rand.Rand) {
	inner, outer := dilated(mask, w, paintRim), dilated(mask, w, paintRing)
	var near []uint8
	for i, on := range outer {
		if on && !inner[i] {
			near = append(near, gray[i])
		}
	}
	for i, on := range inner {
		if on && len(near) > 0 {
			gray[i] = near[rng.IntN(len(near))]
		}
		mask[i] = false
	}
}

// dilated grows a mask by the given number of pixels in each direction (a square).
func dilated(mask []bool, w, by int) []bool {
	out, h := make([]bool, len(mask)), len(mask)/w
	for i, on := range mask {
		if !on {
			continue
		}
		for y := max(i/w-by, 0); y <= min(i/w+by, h-1); y++ {
			for x := max(i%w-by, 0); x <= min(i%w+by, w-1); x++ {
				out[y*w+x] = true
			}
		}
	}
	return out
}

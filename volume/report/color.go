package report

import (
	"image/color"
	"slices"
)

// palette is that of Okabe and Ito, "Color Universal Design" (2008), without black, in an order that
// keeps neighbors apart on gray, and what could be taken for an alarm last.
var palette = [...]color.RGBA{
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky blue
	{0, 158, 115, 255},   // bluish green
	{204, 121, 167, 255}, // reddish purple
	{240, 228, 66, 255},  // yellow
	{0, 114, 178, 255},   // blue
	{213, 94, 0, 255},    // vermilion
}

// Color is the i-th of seven colors that color-blind people can tell apart; further ones begin again.
func Color(i int) color.RGBA { return palette[i%len(palette)] }

// colors gives every object its color: the one it comes with, the legend's, or one of the palette that is
// not taken by a label that it lies close to. near is on how many slices two objects are close, [object][object].
func (s Study) colors(near [][]int) []color.RGBA {
	out := make([]color.RGBA, len(s.Objects))
	for i, o := range s.Objects {
		out[i] = o.Color
		if out[i].A == 0 {
			out[i] = s.Labels.Legend[int32(o.Label)].Color
		}
		if out[i].A > 0 {
			out[i] = visible(out[i])
		}
	}
	for i := range out {
		if out[i].A > 0 {
			continue
		}
		clash := func(c color.RGBA) int { // how much it would be mistaken for another label
			sum := 0
			for j, other := range out {
				if other.A > 0 && alike(c, other) {
					sum += 1 + 1000*near[i][j]
				}
			}
			return sum
		}
		out[i] = slices.MinFunc(palette[:], func(a, b color.RGBA) int { return clash(a) - clash(b) })
	}
	return out
}

// alike says whether two colors are hard to tell apart.
func alike(a, b color.RGBA) bool {
	const far = 60 * 60
	d := func(x, y uint8) int { return (int(x) - int(y)) * (int(x) - int(y)) }
	return d(a.R, b.R)+d(a.G, b.G)+d(a.B, b.B) < far
}

// visible makes a stated color opaque, and lightens one that could not be seen on a dark slice.
func visible(c color.RGBA) color.RGBA {
	const darkest = 60 // of 255
	if light := (299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000; light < darkest {
		lift := func(x uint8) uint8 { return uint8(int(x) + (255-int(x))*(darkest-light)/(255-light)) }
		c.R, c.G, c.B = lift(c.R), lift(c.G), lift(c.B)
	}
	c.A = 255
	return c
}

package report

import (
	"image/color"
	"slices"
)

// palette holds the colors of Okabe and Ito, "Color Universal Design" (2008), without black. They are ordered
// so that consecutive ones differ on gray, and the one that resembles the color of doubts comes last.
var palette = [...]color.RGBA{
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky blue
	{0, 158, 115, 255},   // bluish green
	{204, 121, 167, 255}, // reddish purple
	{240, 228, 66, 255},  // yellow
	{0, 114, 178, 255},   // blue
	{213, 94, 0, 255},    // vermilion
}

// Color returns the i-th of seven colors that color-blind people can distinguish. Further ones repeat.
func Color(i int) color.RGBA { return palette[i%len(palette)] }

// colors returns the color of each object: its own, the legend's, or one of the palette that no nearby object
// has. near holds the number of slices on which two objects are near each other, [object][object].
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
		clash := func(c color.RGBA) int { // how easily it would be mistaken for another object
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

// alike reports whether two colors are hard to distinguish.
func alike(a, b color.RGBA) bool {
	const far = 60 * 60
	d := func(x, y uint8) int { return (int(x) - int(y)) * (int(x) - int(y)) }
	return d(a.R, b.R)+d(a.G, b.G)+d(a.B, b.B) < far
}

// visible makes a color opaque, and lightens it if it would be invisible on a dark slice.
func visible(c color.RGBA) color.RGBA {
	const darkest = 60 // of 255
	if light := (299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000; light < darkest {
		lift := func(x uint8) uint8 { return uint8(int(x) + (255-int(x))*(darkest-light)/(255-light)) }
		c.R, c.G, c.B = lift(c.R), lift(c.G), lift(c.B)
	}
	c.A = 255
	return c
}

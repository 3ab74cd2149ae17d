package volume

import (
	"image/color"
	"math"
)

// labToRGB converts DICOM's CIELab (PS3.3 C.10.7.1.1: L* of 0..100 and a*, b* of -128..127 on the scale 0..65535, white
// point D50) to sRGB.
func labToRGB(lab []int) color.RGBA {
	l := float64(lab[0]) * 100 / 65535
	a := float64(lab[1])*255/65535 - 128
	b := float64(lab[2])*255/65535 - 128
	fy := (l + 16) / 116
	x, y, z := whiteD50[0]*labInverse(fy+a/500), whiteD50[1]*labInverse(fy), whiteD50[2]*labInverse(fy-b/200)
	var rgb [3]uint8
	for i, row := range d50ToRGB {
		v := row[0]*x + row[1]*y + row[2]*z
		if v > 0.0031308 {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		} else {
			v *= 12.92
		}
		rgb[i] = uint8(math.Round(255 * min(max(v, 0), 1)))
	}
	return color.RGBA{rgb[0], rgb[1], rgb[2], 255}
}

// rgbToLab is the inverse of labToRGB.
func rgbToLab(c color.RGBA) [3]int {
	var linear, xyz, f [3]float64
	for i, v := range []uint8{c.R, c.G, c.B} {
		x := float64(v) / 255
		if x > 0.04045 {
			linear[i] = math.Pow((x+0.055)/1.055, 2.4)
		} else {
			linear[i] = x / 12.92
		}
	}
	for i, row := range rgbToD50 {
		xyz[i] = row[0]*linear[0] + row[1]*linear[1] + row[2]*linear[2]
		f[i] = labForward(xyz[i] / whiteD50[i])
	}
	values := [3]float64{(116*f[1] - 16) / 100, (500*(f[0]-f[1]) + 128) / 255, (200*(f[1]-f[2]) + 128) / 255}
	var out [3]int
	for i, v := range values {
		out[i] = int(math.Round(65535 * min(max(v, 0), 1)))
	}
	return out
}

// The white point, and the matrices between linear sRGB and XYZ adapted to it (Bradford; brucelindbloom.com).
var (
	whiteD50 = [3]float64{0.96422, 1, 0.82521}
	rgbToD50 = [3][3]float64{{0.4360747, 0.3850649, 0.1430804}, {0.2225045, 0.7168786, 0.0606169}, {0.0139322, 0.0971045, 0.7141733}}
	d50ToRGB = [3][3]float64{{3.1338561, -1.6168667, -0.4906146}, {-0.9787684, 1.9161415, 0.0334540}, {0.0719453, -0.2289914, 1.4052427}}
)

func labForward(t float64) float64 {
	if t > 216.0/24389 {
		return math.Cbrt(t)
	}
	return (24389.0/27*t + 16) / 116
}

func labInverse(f float64) float64 {
	if f > 6.0/29 {
		return f * f * f
	}
	return (116*f - 16) * 27 / 24389
}

// shade returns a color for a label that has none. Hues are a golden angle apart, so that consecutive labels differ.
func shade(label int32) color.RGBA {
	const golden = 0.618033988749895
	_, hue := math.Modf(float64(label) * golden)
	var rgb [3]uint8
	for i, offset := range []float64{5, 3, 1} {
		k := math.Mod(offset+hue*6, 6)
		rgb[i] = uint8(math.Round(225 * (1 - 0.75*max(0, min(k, 4-k, 1)))))
	}
	return color.RGBA{rgb[0], rgb[1], rgb[2], 255}
}

package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed-6f79f512/slmsam/volume"
)

// organ is an ellipsoid: its middle and half axes in parts of the volume, its intensity in HU.
type organ struct {
	x, y, z, rx, ry, rz float64
	hu                  float32
}

// organs are what is outlined, by label from 1.
var organs = []organ{{0.38, 0.45, 0.5, 0.16, 0.13, 0.42, 110}, {0.66, 0.55, 0.45, 0.1, 0.12, 0.38, 180}}

// at says whether a point, in parts of the volume, lies in the organ; it is a little lopsided, so that slices differ.
func (o organ) at(x, y, z float64) bool {
	d := z - o.z
	x -= o.x + 0.05*math.Sin(9*d)
	y -= o.y + 0.04*math.Cos(7*d)
	return x*x/(o.rx*o.rx)+y*y/(o.ry*o.ry)+d*d/(o.rz*o.rz) < 1
}

// scan is a noisy CT of n slices of side x side pixels: a body with the organs, in air.
func scan(side, n int) *volume.Volume {
	v := &volume.Volume{Dim: [3]int{side, side, n}, Data: make([]float32, side*side*n)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	r := rand.New(rand.NewPCG(1, 2))
	body := organ{0.5, 0.5, 0.5, 0.45, 0.36, 9, 40}
	for i := range v.Data {
		x, y, z := float64(i%side)/float64(side), float64(i/side%side)/float64(side), float64(i/side/side)/float64(n)
		v.Data[i] = -1000
		for _, o := range append([]organ{body}, organs...) {
			if o.at(x, y, z) {
				v.Data[i] = o.hu
			}
		}
		v.Data[i] += float32(15 * r.NormFloat64())
	}
	return v
}

// plane writes an organ's true outline on a slice into the labels of that slice, [side,side].
func plane(pix []uint8, label, side, slice, n int) {
	for i := range pix {
		if organs[label-1].at(float64(i%side)/float64(side), float64(i/side)/float64(side), float64(slice)/float64(n)) {
			pix[i] = uint8(label)
		} else if int(pix[i]) == label {
			pix[i] = 0
		}
	}
}

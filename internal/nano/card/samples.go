package main

import (
	"image"
	"image/png"
	"io"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume/report"
	"golang.org/x/image/draw"
)

// The picture of samples: two volumes a row, three slices of each, labels outlined.
const (
	sampleSlices = 3
	sampleSide   = 160 // pixels
)

// drawSamples shows the n first volumes of a source of generated ones.
func drawSamples(path string, of *train.Generated, n int) error {
	out := image.NewRGBA(image.Rect(0, 0, 2*sampleSlices*sampleSide, (n+1)/2*sampleSide))
	for i := range n {
		c, err := of.Case(i * of.Reuse)
		if err != nil {
			return err
		}
		for k := range sampleSlices {
			corner := image.Pt((i%2*sampleSlices+k)*sampleSide, i/2*sampleSide)
			drawSlice(out, image.Rectangle{corner, corner.Add(image.Pt(sampleSide, sampleSide))}, c, (k+1)*c.Len()/(sampleSlices+1))
		}
	}
	return wholefile.Write(path, func(w io.Writer) error { return png.Encode(w, out) })
}

// drawSlice draws slice z of a case with its labels outlined.
func drawSlice(out *image.RGBA, at image.Rectangle, c *train.Case, z int) {
	gray := &image.Gray{Pix: c.Gray(z), Stride: c.W, Rect: image.Rect(0, 0, c.W, c.H)}
	draw.BiLinear.Scale(out, at, gray, gray.Bounds(), draw.Src, nil)
	label := func(x, y int) uint8 {
		return c.Labels[z][min(y, sampleSide-1)*c.H/sampleSide*c.W+min(x, sampleSide-1)*c.W/sampleSide]
	}
	for y := range sampleSide {
		for x := range sampleSide {
			if l := label(x, y); l > 0 && (label(x+1, y) != l || label(x, y+1) != l || label(max(x-1, 0), y) != l || label(x, max(y-1, 0)) != l) {
				out.SetRGBA(at.Min.X+x, at.Min.Y+y, report.Color(int(l-1)))
			}
		}
	}
}

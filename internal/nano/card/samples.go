package main

import (
	"fmt"
	"strings"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/report"
)

// drawSamples shows the n first volumes of a source of generated ones: a row each, with all labels outlined.
func drawSamples(path string, of *train.Generated, n int) error {
	const slices = 6
	picture := report.Samples{Title: "generated volumes"}
	for i := range n {
		c, err := of.Case(i * of.Reuse)
		if err != nil {
			return err
		}
		row := report.Row{H: c.H, W: c.W, Whole: true}
		var names []string
		for _, label := range c.Objects {
			names = append(names, volume.LabelName(c.Legend, label))
		}
		row.Title = fmt.Sprintf("%s: %s", c.Name, strings.Join(names, ", "))
		for k := range slices {
			row.Slices = append(row.Slices, outlined(c, (k+1)*c.Len()/(slices+1)))
		}
		picture.Rows = append(picture.Rows, row)
	}
	return wholefile.Write(path, picture.Write)
}

// outlined is slice z of a case with all objects.
func outlined(c *train.Case, z int) report.Sample {
	s := report.Sample{Index: z, Gray: c.Gray(z)}
	for _, o := range c.Visible(z) {
		s.Contours = append(s.Contours, report.Contour{Mask: c.Mask(z, o), Color: report.Color(o)})
	}
	return s
}

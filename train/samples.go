package train

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/report"
)

// Layout of the sample picture: one row for each of the first objects, showing slices from its first to its last.
const (
	sampleRows    = 4
	sampleColumns = 6
)

// drawSamples writes the sample picture, or nothing if no object was tracked.
func (v *Validation) drawSamples(path string) error {
	if len(v.samples) == 0 {
		return nil
	}
	truth, found := color.RGBA{255, 255, 255, 255}, report.Color(0)
	picture := report.Samples{Title: fmt.Sprintf("mean DSC %.3f", v.DSC),
		Keys: []report.Key{{Name: "truth", Color: truth}, {Name: "found", Color: found}, {Name: "frame: outlined slice", Color: report.Color(1)}}}
	for _, s := range v.samples {
		picture.Rows = append(picture.Rows, s.row(truth, found))
	}
	var b bytes.Buffer
	if err := picture.Write(&b); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}

// row shows an object on its outlined slice and on evenly spaced others.
func (s sample) row(truth, found color.RGBA) report.Row {
	c, frame := s.of, report.Color(1)
	row := report.Row{H: c.H, W: c.W, Pixel: [2]float64{c.Spacing[0], c.Spacing[1]},
		Title: fmt.Sprintf("%s: %s, DSC %.3f, outlined on slice %d", c.Name, volume.LabelName(c.Legend, s.score.Label), s.score.DSC, s.score.Slice)}
	for _, z := range s.columns() {
		tracked := s.foundOn(z)
		at := report.Sample{Index: z, Gray: c.Gray(z),
			Contours: []report.Contour{{Mask: c.Mask(z, s.index), Color: truth}, {Mask: tracked, Color: found}}}
		switch {
		case z == s.score.Slice:
			at.Frame = &frame
		case !slices.Contains(tracked, true) && slices.Contains(c.Mask(z, s.index), true):
			at.Note = "missed"
		default:
			at.Note = fmt.Sprintf("DSC %.2f", eval.Overlap(c.Mask(z, s.index), tracked))
		}
		row.Slices = append(row.Slices, at)
	}
	return row
}

// columns returns up to sampleColumns slices of the span in ascending order, including the first, the last, and the
// outlined one.
func (s sample) columns() []int {
	var out []int
	n := min(sampleColumns, len(s.span))
	nearest := 0
	for i := range n {
		out = append(out, s.span[i*(len(s.span)-1)/max(n-1, 1)])
		if d := out[i] - s.score.Slice; d*d < (out[nearest]-s.score.Slice)*(out[nearest]-s.score.Slice) {
			nearest = i
		}
	}
	out[nearest] = s.score.Slice
	return out
}

// foundOn is the predicted mask on a slice, [H,W].
func (s sample) foundOn(z int) []bool {
	pix := s.found.Slice(sliceAxis, z)
	mask := make([]bool, len(pix))
	for p, l := range pix {
		mask[p] = l == int32(s.index+1)
	}
	return mask
}

package report

import (
	"errors"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// scores plots the object scores. Slices without a score are left out, and so are outlined ones, on which the annotator judged
// and not the model.
func (p presence) scores() (*plot.Plot, error) {
	q := p.newPlot("object score (logit)")
	unknown := func(sl Slice) bool { return sl.Outlined || math.IsNaN(sl.Score) }
	lo, hi := -1.0, 1.0
	for _, o := range p.Objects {
		for _, sl := range o.Slices {
			if !unknown(sl) {
				lo, hi = min(lo, sl.Score), max(hi, sl.Score)
			}
		}
	}
	span := hi - lo
	q.Y.Min, q.Y.Max = lo-0.06*span, hi+0.06*span
	if err := addBox(q, absentShade, q.X.Min, q.Y.Min, q.X.Max, 0); err != nil {
		return nil, err
	}
	for i, o := range p.Objects {
		var line, doubtful plotter.XYs
		for _, sl := range append(slices.Clone(o.Slices), Slice{Outlined: true}) {
			at := plotter.XY{X: float64(sl.Index), Y: sl.Score}
			if !unknown(sl) {
				line = append(line, at)
				if sl.doubtful() {
					doubtful = append(doubtful, at)
				}
				continue
			}
			if err := addCurve(q, p.curve(i), line); err != nil {
				return nil, err
			}
			line = nil
		}
		if err := addMarks(q, doubtful, ring); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// areas plots the areas, in cm2 if the spacing is known, else in pixels.
func (p presence) areas() (*plot.Plot, error) {
	unit, pixel := "pixels", 1.0
	if area, known := p.pixelArea(); known {
		unit, pixel = "cm²", area
	}
	q := p.newPlot("area (" + unit + ")")
	q.Y.Min = 0
	for i, o := range p.Objects {
		var line, outlined, doubtful plotter.XYs
		for _, sl := range o.Slices {
			at := plotter.XY{X: float64(sl.Index), Y: float64(sl.Area) * pixel}
			line = append(line, at)
			if sl.Outlined {
				outlined = append(outlined, at)
			}
			if sl.doubtful() {
				doubtful = append(doubtful, at)
			}
		}
		if err := errors.Join(addCurve(q, p.curve(i), line), addMarks(q, doubtful, ring),
			addMarks(q, outlined, draw.GlyphStyle{Color: color.Black, Radius: vg.Points(3.5), Shape: diamond{}})); err != nil {
			return nil, err
		}
	}
	q.Y.Max = max(q.Y.Max*1.06, pixel)
	return q, nil
}

// ring marks a doubtful point of a curve.
var ring = draw.GlyphStyle{Color: alarm, Radius: vg.Points(4), Shape: draw.RingGlyph{}}

// curve returns the line style of the i-th object. If colors repeat, dashes distinguish the objects.
func (p presence) curve(i int) draw.LineStyle {
	style := draw.LineStyle{Color: p.colors[i], Width: vg.Points(1.6)}
	if round := i / len(palette); round > 0 {
		style.Dashes = []vg.Length{vg.Points(float64(2 + 3*round)), vg.Points(2)}
	}
	return style
}

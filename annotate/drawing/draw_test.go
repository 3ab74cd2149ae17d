package drawing_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/drawing"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/stretchr/testify/require"
)

const height, width = 6, 8

// stroke returns a stroke on columns x0 to x1 and rows y0 to y1, exclusive, of slice 3 across the last axis.
func stroke(kind annotate.StrokeKind, erase bool, x0, y0, x1, y1 int) annotate.Stroke {
	s := annotate.Stroke{Kind: kind, Erase: erase, Axis: 2, Region: annotate.Region{Lo: [3]int{x0, y0, 3}, Hi: [3]int{x1, y1, 4}}}
	if kind == annotate.Outline || kind == annotate.Scribble {
		s.Mask = make([]bool, (x1-x0)*(y1-y0))
		for i := range s.Mask {
			s.Mask[i] = true
		}
	}
	return s
}

// filled returns a mask of columns x0 to x1 and rows y0 to y1, exclusive.
func filled(x0, y0, x1, y1 int) []bool {
	mask := make([]bool, height*width)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			mask[y*width+x] = true
		}
	}
	return mask
}

// TestWhatStrokesMean checks what each kind of stroke becomes on an empty slice and on one with an object: pixels, or a hint for
// the model.
func TestWhatStrokesMean(t *testing.T) {
	const on, off = false, true
	object, empty, found := filled(2, 1, 5, 4), filled(0, 0, 0, 0), filled(1, 1, 7, 5)
	scribbled := filled(1, 1, 7, 5)
	scribbled[width] = true // what is scribbled on belongs to the object
	for name, c := range map[string]struct {
		content []bool
		strokes []annotate.Stroke
		hint    *project.Hint // nil: the model is not asked
		want    []bool
	}{
		"an outline":             {object, []annotate.Stroke{stroke(annotate.Outline, on, 5, 1, 6, 4)}, nil, filled(2, 1, 6, 4)},
		"an outline cut out":     {object, []annotate.Stroke{stroke(annotate.Outline, off, 3, 0, 8, 6)}, nil, filled(2, 1, 3, 4)},
		"nothing to cut out":     {object, []annotate.Stroke{stroke(annotate.Outline, off, 6, 0, 8, 6)}, nil, nil},
		"absent":                 {object, []annotate.Stroke{stroke(annotate.Absent, on, 0, 0, width, height)}, nil, empty},
		"a first scribble":       {empty, []annotate.Stroke{stroke(annotate.Scribble, on, 0, 1, 2, 2)}, &project.Hint{Clicks: []project.Click{{X: 1, Y: 1}, {X: 0, Y: 1}}}, scribbled},
		"a scribble more":        {object, []annotate.Stroke{stroke(annotate.Scribble, on, 5, 1, 6, 4)}, nil, filled(2, 1, 6, 4)},
		"a scribble off":         {object, []annotate.Stroke{stroke(annotate.Scribble, off, 3, 0, 8, 6)}, nil, filled(2, 1, 3, 4)},
		"a box":                  {object, []annotate.Stroke{stroke(annotate.Box, on, 1, 1, 7, 5)}, &project.Hint{Box: &project.Box{X0: 1, Y0: 1, X1: 6, Y1: 4}}, found},
		"a box without a width":  {object, []annotate.Stroke{stroke(annotate.Box, on, 6, 1, 7, 5)}, nil, filled(6, 1, 7, 5)},
		"a box off":              {object, []annotate.Stroke{stroke(annotate.Box, off, 3, 0, 8, 6)}, nil, filled(2, 1, 3, 4)},
		"a first click":          {empty, []annotate.Stroke{stroke(annotate.Click, on, 3, 2, 4, 3)}, &project.Hint{Clicks: []project.Click{{X: 3, Y: 2}}}, found},
		"first clicks":           {empty, []annotate.Stroke{stroke(annotate.Click, on, 3, 2, 4, 3), stroke(annotate.Click, off, 7, 5, 8, 6)}, &project.Hint{Clicks: []project.Click{{X: 3, Y: 2}, {X: 7, Y: 5, Away: true}}}, found},
		"a click beside it":      {object, []annotate.Stroke{stroke(annotate.Click, on, 6, 2, 7, 3)}, &project.Hint{Mask: object, Clicks: []project.Click{{X: 6, Y: 2}}}, found},
		"a click on it":          {object, []annotate.Stroke{stroke(annotate.Click, on, 3, 2, 4, 3)}, nil, object},
		"a click off it":         {object, []annotate.Stroke{stroke(annotate.Click, off, 3, 2, 4, 3)}, &project.Hint{Mask: object, Clicks: []project.Click{{X: 3, Y: 2, Away: true}}}, found},
		"a click off it, beside": {object, []annotate.Stroke{stroke(annotate.Click, off, 7, 5, 8, 6)}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var asked *project.Hint
			canvas := drawing.Canvas{H: height, W: width, Axis: 2, Content: c.content, Find: func(h project.Hint) ([]bool, error) {
				asked = &h
				return found, nil
			}}
			got, err := canvas.Draw(c.strokes)
			require.NoError(t, err)
			require.Equal(t, c.hint, asked)
			require.Equal(t, c.want, got)
		})
	}
}

// TestNothingFound checks that clicks may leave nothing of an object, and that it is an error if nothing is found where there
// was nothing.
func TestNothingFound(t *testing.T) {
	canvas := drawing.Canvas{H: height, W: width, Axis: 2, Content: filled(2, 2, 3, 3), Find: func(project.Hint) ([]bool, error) { return nil, nil }}
	got, err := canvas.Draw([]annotate.Stroke{stroke(annotate.Click, true, 2, 2, 3, 3)})
	require.NoError(t, err)
	require.Equal(t, filled(0, 0, 0, 0), got)
	canvas.Content = filled(0, 0, 0, 0)
	for _, kind := range []annotate.StrokeKind{annotate.Click, annotate.Box, annotate.Scribble} {
		x1 := 4
		if kind == annotate.Click {
			x1 = 3
		}
		_, err = canvas.Draw([]annotate.Stroke{stroke(kind, false, 2, 2, x1, x1)})
		var input *annotate.InputError
		require.ErrorAs(t, err, &input)
	}
}

// TestALongScribbleIsAFewClicks checks that the clicks that stand for a scribble are on it and far apart.
func TestALongScribbleIsAFewClicks(t *testing.T) {
	canvas := drawing.Canvas{H: height, W: width, Axis: 2, Content: filled(0, 0, 0, 0), Find: func(h project.Hint) ([]bool, error) {
		require.Len(t, h.Clicks, 8)
		for i, a := range h.Clicks {
			require.False(t, a.Away)
			for _, b := range h.Clicks[:i] {
				require.GreaterOrEqual(t, (a.X-b.X)*(a.X-b.X)+(a.Y-b.Y)*(a.Y-b.Y), 4.)
			}
		}
		return filled(0, 0, width, height), nil
	}}
	_, err := canvas.Draw([]annotate.Stroke{stroke(annotate.Scribble, false, 0, 0, width, height)})
	require.NoError(t, err)
}

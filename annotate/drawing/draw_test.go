package drawing

import (
	"math"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

const width, height, middle = 30, 24, 3

// ball returns the volume of the tests: slices of 30x24 pixels, the middle one with a bright disc of radius 8.
func ball() *volume.Volume { return annotatetest.Ball(2*middle, height, width) }

// region returns the region from (x0,y0) to (x1,y1), exclusive, on the middle slice.
func region(x0, y0, x1, y1 int) annotate.Region {
	return annotate.Region{Lo: [3]int{x0, y0, middle}, Hi: [3]int{x1, y1, middle + 1}}
}

// draw returns the outline on the middle slice after a stroke. content is the outline before it; nil: there is none.
func draw(s annotate.Stroke, content []bool) []bool {
	s.Axis = 2
	if content == nil {
		content = make([]bool, width*height)
	}
	return Draw(ball(), 2, s, content)
}

// disc returns the mask of the bright disc.
func disc() []bool {
	pix := ball().Slice(2, middle)
	mask := make([]bool, len(pix))
	for i, x := range pix {
		mask[i] = x > 50
	}
	return mask
}

// TestRoughStrokesFindTheDisc checks that a click, a scribble and a box each stand for the bright disc, give or take
// a third of its area.
func TestRoughStrokesFindTheDisc(t *testing.T) {
	for name, s := range map[string]annotate.Stroke{
		"click":    {Kind: annotate.Click, Region: region(15, 12, 16, 13)},
		"scribble": {Kind: annotate.Scribble, Region: region(13, 12, 17, 13), Mask: []bool{true, true, true, true}},
		"box":      {Kind: annotate.Box, Region: region(5, 2, 26, 23)},
	} {
		wrong := draw(s, nil)
		for i, in := range disc() {
			wrong[i] = wrong[i] != in
		}
		require.Less(t, float64(masks.Area(wrong)), 0.35*float64(masks.Area(disc())), name)
	}
}

// TestErasing checks what a click, a box and an absent stroke remove, and that a click removes only part of an
// object.
func TestErasing(t *testing.T) {
	object := draw(annotate.Stroke{Kind: annotate.Click, Region: region(15, 12, 16, 13)}, nil)
	area := masks.Area(object)
	inside := annotate.Stroke{Kind: annotate.Click, Region: region(15, 12, 16, 13)}
	require.Equal(t, object, draw(inside, object), "a click inside the object adds nothing")
	inside.Erase = true
	left := masks.Area(draw(inside, object))
	require.Less(t, left, area)
	require.Greater(t, left, area/2, "one click does not erase the object")
	require.Nil(t, draw(annotate.Stroke{Kind: annotate.Click, Erase: true, Region: region(0, 0, 1, 1)}, object), "there is nothing to erase")
	require.Zero(t, masks.Area(draw(annotate.Stroke{Kind: annotate.Box, Erase: true, Region: region(0, 0, width, height)}, object)))
	require.Zero(t, masks.Area(draw(annotate.Stroke{Kind: annotate.Absent, Region: region(0, 0, width, height)}, object)))
}

// TestHugeIntensities checks that intensities whose differences and sums overflow float32 still give an outline.
func TestHugeIntensities(t *testing.T) {
	v := ball()
	for i := range v.Data {
		v.Data[i] = math.MaxFloat32
		if i%2 == 1 {
			v.Data[i] = -math.MaxFloat32
		}
	}
	for _, kind := range []annotate.StrokeKind{annotate.Click, annotate.Box} {
		s := annotate.Stroke{Kind: kind, Axis: 2, Region: region(10, 10, 11, 11)}
		if kind == annotate.Box {
			s.Region = region(5, 5, 15, 15)
		}
		require.Positive(t, masks.Area(Draw(v, 2, s, make([]bool, width*height))))
	}
}

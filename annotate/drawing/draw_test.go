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

// The slices of the tests: 30x24 pixels with a bright disc of radius 8 in the middle.
const width, height, middle = 30, 24, 3

func ball() *volume.Volume { return annotatetest.Ball(2*middle, height, width) }

// region is a region on the middle slice, from (x0,y0) to but not including (x1,y1).
func region(x0, y0, x1, y1 int) annotate.Region {
	return annotate.Region{Lo: [3]int{x0, y0, middle}, Hi: [3]int{x1, y1, middle + 1}}
}

func draw(s annotate.Stroke, content []bool) []bool {
	s.Axis = 2
	if content == nil {
		content = make([]bool, width*height)
	}
	return Draw(ball(), 2, s, content)
}

// disc is the area of the bright disc.
func disc() (n int) {
	for _, x := range ball().Slice(2, middle) {
		if x > 50 {
			n++
		}
	}
	return n
}

func TestClicksAndScribblesGrowAndBoxesAreFilled(t *testing.T) {
	for name, s := range map[string]annotate.Stroke{
		"click":    {Kind: annotate.Click, Region: region(15, 12, 16, 13)},
		"scribble": {Kind: annotate.Scribble, Region: region(13, 12, 17, 13), Mask: []bool{true, true, true, true}},
		"box":      {Kind: annotate.Box, Region: region(5, 2, 26, 23)},
	} {
		require.InDelta(t, disc(), masks.Area(draw(s, nil)), 0.35*float64(disc()), name)
	}
}

func TestErasing(t *testing.T) {
	object := draw(annotate.Stroke{Kind: annotate.Click, Region: region(15, 12, 16, 13)}, nil)
	area := masks.Area(object)
	inside := annotate.Stroke{Kind: annotate.Click, Region: region(15, 12, 16, 13)}
	require.Equal(t, object, draw(inside, object), "a click inside the object adds nothing")
	inside.Erase = true
	left := masks.Area(draw(inside, object))
	require.Less(t, left, area)
	require.Greater(t, left, area/2, "one click does not erase the object")
	require.Nil(t, draw(annotate.Stroke{Kind: annotate.Click, Erase: true, Region: region(0, 0, 1, 1)}, object), "nothing is there")
	require.Zero(t, masks.Area(draw(annotate.Stroke{Kind: annotate.Box, Erase: true, Region: region(0, 0, width, height)}, object)))
	require.Zero(t, masks.Area(draw(annotate.Stroke{Kind: annotate.Absent, Region: region(0, 0, width, height)}, object)))
}

// TestHugeIntensities: differences and sums of the largest float32 overflow.
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

package monailabel

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// clicks reads what Smart Edit sends: points on and off the structure, or a box on one slice.
func (q *inference) clicks(o *opened) (*drawn, error) {
	d := &drawn{}
	dim := o.grid.Dim
	for _, list := range []struct {
		key   string
		erase bool
	}{{"foreground", false}, {"background", true}} {
		points, err := numbers(q.params[list.key], 3)
		if err != nil {
			return nil, annotate.Inputf("%s: %v", list.key, err)
		}
		for _, p := range points {
			s := annotate.Stroke{Kind: annotate.Click, Erase: list.erase}
			for axis, x := range p {
				at := int(math.RoundToEven(min(max(x, 0), float64(dim[axis]-1))))
				s.Region.Lo[axis], s.Region.Hi[axis] = at, at+1
			}
			d.strokes = append(d.strokes, s)
		}
	}
	box, err := q.box(dim, o.home)
	if err != nil {
		return nil, err
	}
	if box != nil && len(d.strokes) == 0 {
		d.strokes = append(d.strokes, *box)
	}
	if len(d.strokes) == 0 {
		return nil, annotate.Inputf("nothing to start from: click on the structure first")
	}
	return d, nil
}

// guess is for the automatic mode of OHIF and Slicer, which sends no hint: a box over the middle of the middle slice.
func guess(o *opened) *drawn {
	s := annotate.Stroke{Kind: annotate.Box, Axis: o.home}
	for axis, n := range o.grid.Dim {
		s.Region.Lo[axis], s.Region.Hi[axis] = n/4, n-n/4
		if axis == o.home {
			s.Region.Lo[axis], s.Region.Hi[axis] = n/2, n/2+1
		}
	}
	return &drawn{strokes: []annotate.Stroke{s}}
}

// numbers reads a list of tuples of n numbers each; nil if v is nil.
func numbers(v any, n int) ([][]float64, error) {
	const most = 1000
	list, ok := v.([]any)
	if v == nil {
		return nil, nil
	}
	if !ok || len(list) > most {
		return nil, fmt.Errorf("want a list of at most %d points", most)
	}
	var out [][]float64
	for _, entry := range list {
		tuple, _ := entry.([]any)
		if len(tuple) != n {
			return nil, fmt.Errorf("want %d numbers each", n)
		}
		point := make([]float64, n)
		for i, x := range tuple {
			if point[i], ok = x.(float64); !ok {
				return nil, fmt.Errorf("want %d numbers each", n)
			}
		}
		out = append(out, point)
	}
	return out, nil
}

// box reads roi: [imin, imax, jmin, jmax, kmin, kmax], both ends inclusive and in either order. A box that spans several
// slices is ignored.
func (q *inference) box(dim [3]int, home int) (*annotate.Stroke, error) {
	list, _ := q.params["roi"].([]any)
	if len(list) == 0 {
		return nil, nil
	}
	bounds, err := numbers([]any{list}, 6)
	if err != nil {
		return nil, annotate.Inputf("roi: %v", err)
	}
	s := &annotate.Stroke{Kind: annotate.Box, Axis: home}
	for axis := range dim {
		a, b := bounds[0][2*axis], bounds[0][2*axis+1]
		top := float64(dim[axis] - 1)
		s.Region.Lo[axis] = int(math.RoundToEven(min(max(min(a, b), 0), top)))
		s.Region.Hi[axis] = int(math.RoundToEven(min(max(a, b, 0), top))) + 1
	}
	if s.Region.Size()[home] != 1 {
		return nil, nil
	}
	return s, nil
}

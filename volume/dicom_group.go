package volume

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// frameGroup is a set of slices that lie parallel and have one size: a stack, if their positions agree.
type frameGroup struct{ frames []*dicomFrame }

// directionTurn is the most, in unit vectors, by which directions of one stack differ: scanners repeat them to
// six digits, archives sometimes to four.
const directionTurn = 1e-3

// fits reports whether a slice belongs to the group.
func (g *frameGroup) fits(s *dicomFrame) bool {
	t := g.frames[0]
	const same = 1e-4 // relative difference of spacings
	return s.file.series == t.file.series && s.file.modality == t.file.modality && s.rows == t.rows && s.cols == t.cols &&
		s.placed == t.placed && s.file.color == t.file.color &&
		math.Abs(s.spacing[0]-t.spacing[0]) <= same*t.spacing[0] && math.Abs(s.spacing[1]-t.spacing[1]) <= same*t.spacing[1] &&
		norm(sub(s.right, t.right)) <= directionTurn && norm(sub(s.down, t.down)) <= directionTurn
}

// addFrames sorts slices into the groups that they fit, or new ones.
func addFrames(groups []*frameGroup, frames []*dicomFrame) []*frameGroup {
next:
	for _, s := range frames {
		for _, g := range groups {
			if g.fits(s) {
				g.frames = append(g.frames, s)
				continue next
			}
		}
		groups = append(groups, &frameGroup{[]*dicomFrame{s}})
	}
	return groups
}

// describe names the group by what tells it from others.
func (g *frameGroup) describe() string {
	s := g.frames[0]
	placed := ""
	if !s.placed {
		placed = ", without position"
	}
	name := ""
	if s.file.name != "" {
		name = fmt.Sprintf(" %q", s.file.name)
	}
	return fmt.Sprintf("series %s%s %s %dx%d of %.4g x %.4g mm%s%s", s.file.series, name, s.file.modality, s.cols, s.rows,
		s.spacing[0], s.spacing[1], s.direction(), placed)
}

// direction names the plane of a slice.
func (s *dicomFrame) direction() string {
	if !s.placed {
		return ""
	}
	n := s.normal()
	for axis, name := range []string{" sagittal", " coronal", " axial"} {
		if math.Abs(n[axis]) > 0.9 {
			return name
		}
	}
	return " oblique"
}

// How much larger than all others the main group must be, and how small those: a handful of localizers beside a
// series, not a second series.
const (
	mainTimes = 3
	smallMost = 3
)

// mainGroup is the only group, or the one beside which the others are a few stray pictures; it is an error that lists
// them if there are several stacks.
func mainGroup(groups []*frameGroup) (main *frameGroup, small []*frameGroup, err error) {
	sort.SliceStable(groups, func(i, j int) bool { return len(groups[i].frames) > len(groups[j].frames) })
	main, small = groups[0], groups[1:]
	if len(small) == 0 {
		return main, nil, nil
	}
	if most := len(small[0].frames); most <= smallMost && len(main.frames) > mainTimes*most && len(main.frames) > smallMost*2 {
		return main, small, nil
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, fmt.Sprintf("%s: %s (%s ...)", g.describe(), plural(len(g.frames), "slice"), g.frames[0].name()))
	}
	const most = 10
	if len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("and %d more", len(lines)-most))
	}
	return nil, nil, fmt.Errorf("the folder mixes several series, image sizes or orientations; put one of them in its own folder: %s", strings.Join(lines, "; "))
}

// leftOut collects what is not used of a folder, by kind.
type leftOut struct {
	kinds []string
	names map[string][]string
}

func (l *leftOut) add(kind, name string) {
	if l.names == nil {
		l.names = map[string][]string{}
	}
	if l.names[kind] == nil {
		l.kinds = append(l.kinds, kind)
	}
	l.names[kind] = append(l.names[kind], name)
}

// notes says what was left out, one sentence a kind.
func (l *leftOut) notes() []string {
	var notes []string
	for _, kind := range l.kinds {
		notes = append(notes, fmt.Sprintf("left out: %s (%s)", shortList(l.names[kind]), kind))
	}
	return notes
}

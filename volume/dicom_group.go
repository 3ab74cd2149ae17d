package volume

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// frameGroup is a set of parallel slices of the same size and series. They form a stack if their positions are regular.
type frameGroup struct{ frames []*dicomFrame }

// directionTurn is the largest difference between direction vectors in a stack. Scanners write six digits, some archives only
// four.
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

// addFrames adds slices to the groups they fit, or to new ones.
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

// describe describes the group by everything that distinguishes groups.
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

// direction returns the anatomical plane of a slice, with a leading space; "" if its orientation is unknown.
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

// The main group must have more than mainTimes as many slices as any other group, and other groups at most maxStray. They are
// then a few localizers next to a series, rather than a second series.
const (
	mainTimes = 3
	maxStray  = 3
)

// mainGroup returns the only group, or the main one if the others hold only a few stray slices. If there are several stacks, the
// error lists them.
func mainGroup(groups []*frameGroup) (main *frameGroup, small []*frameGroup, err error) {
	sort.SliceStable(groups, func(i, j int) bool { return len(groups[i].frames) > len(groups[j].frames) })
	main, small = groups[0], groups[1:]
	if len(small) == 0 {
		return main, nil, nil
	}
	if most := len(small[0].frames); most <= maxStray && len(main.frames) > mainTimes*most && len(main.frames) > maxStray*2 {
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

// leftOut collects the files of a folder that are not used, by kind.
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

// notes says what was left out, in one sentence per kind.
func (l *leftOut) notes() []string {
	var notes []string
	for _, kind := range l.kinds {
		notes = append(notes, fmt.Sprintf("left out: %s (%s)", shortList(l.names[kind]), kind))
	}
	return notes
}

package project

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// Author is the author of a change.
type Author struct {
	Name string
	Base int // last revision that the author has seen
}

// maxLabel is the largest label, because planes have one byte per pixel.
const maxLabel = 255

// Draw makes plane (see EncodePlane) the labels of a slice. Every object whose mask changes then counts as outlined there or, if
// nothing is left of a propagated object, as absent. named describes objects that the document does not have yet. Locked
// objects do not change.
func (d *Document) Draw(by Author, slice int, plane string, named map[int]Object) (int, error) {
	pix, err := d.Plane(plane)
	if err != nil {
		return 0, err
	}
	return d.edit(by.Base, by.Name, fmt.Sprintf("drawing on slice %d", slice), func(s *state) (Values, error) {
		if err := s.checkSlice(slice); err != nil {
			return nil, err
		}
		set := Values{}
		for label, o := range named {
			if _, known := s.objects[label]; known {
				continue
			}
			o.Name = strings.TrimSpace(o.Name)
			if err := o.check(label); err != nil {
				return nil, err
			}
			s.objects[label] = o
			set[objectKey(label)] = jsonOf(o)
		}
		return set, s.draw(set, slice, pix)
	})
}

// draw adds a new plane, and the marks that follow from it, to set.
func (s *state) draw(set Values, slice int, pix []uint8) error {
	old, err := s.plane(slice)
	if err != nil {
		return err
	}
	var before, after [maxLabel + 1]int
	var differs [maxLabel + 1]bool
	for i, label := range pix {
		was := old[i]
		if was != label && (s.objects[int(was)].Locked || s.objects[int(label)].Locked) {
			pix[i], label = was, was
		}
		before[was]++
		after[label]++
		if was != label {
			differs[was], differs[label] = true, true
		}
	}
	changed := false
	for label := 1; label <= maxLabel; label++ {
		if !differs[label] {
			continue
		}
		if _, known := s.objects[label]; !known && after[label] > 0 {
			return annotate.Inputf("label %d was drawn, but there is no such object", label)
		}
		changed = true
		switch {
		case after[label] > 0:
			set[markKey(label, slice)] = markValue(Mark{State: Outlined, Changed: true})
		case s.propagated(label):
			set[markKey(label, slice)] = markValue(Mark{State: Absent, Changed: true})
		default:
			set[markKey(label, slice)] = nil
		}
	}
	if changed {
		set[planeKey(slice)] = planeValue(pix)
		set[metaKey] = meta(Meta{})
	}
	return nil
}

// MarkAbsent records that an object is not on slices first to end-1, so that tracking stops there.
func (d *Document) MarkAbsent(by Author, label, first, end int) (int, error) {
	what := fmt.Sprintf("marking slices %d to %d as without the object", first, end-1)
	if end == first+1 {
		what = fmt.Sprintf("marking slice %d as without the object", first)
	}
	return d.edit(by.Base, by.Name, what, func(s *state) (Values, error) {
		if err := s.checkFree(label); err != nil {
			return nil, err
		}
		if first < 0 || end > s.grid.slices() || first >= end {
			return nil, annotate.Inputf("slices %d to %d are outside the volume's %d", first, end-1, s.grid.slices())
		}
		set := Values{metaKey: meta(Meta{})}
		for slice := first; slice < end; slice++ {
			if err := s.erase(set, label, slice); err != nil {
				return nil, err
			}
			set[markKey(label, slice)] = markValue(Mark{State: Absent, Changed: true})
		}
		return set, nil
	})
}

// erase removes an object from a slice.
func (s *state) erase(set Values, label, slice int) error {
	pix, err := s.plane(slice)
	if err != nil {
		return err
	}
	found := false
	for i, l := range pix {
		if int(l) == label {
			pix[i], found = 0, true
		}
	}
	if found {
		set[planeKey(slice)] = planeValue(pix)
	}
	return nil
}

// Forget takes back what the annotator said about an object on a slice, whether an outline or that it is absent. The next
// propagation decides.
func (d *Document) Forget(by Author, label, slice int) (int, error) {
	return d.edit(by.Base, by.Name, fmt.Sprintf("forgetting the outline on slice %d", slice), func(s *state) (Values, error) {
		if err := s.checkFree(label); err != nil {
			return nil, err
		}
		m := s.marks[label][slice]
		if m.State != Outlined && m.State != Absent {
			return nil, annotate.Inputf("nothing is recorded about the object on slice %d", slice)
		}
		set := Values{metaKey: meta(Meta{})}
		if err := s.erase(set, label, slice); err != nil {
			return nil, err
		}
		set[markKey(label, slice)] = nil
		if s.propagated(label) {
			set[markKey(label, slice)] = markValue(Mark{State: Forgotten, Changed: true})
		}
		return set, nil
	})
}

// Accept records that an annotator agrees with the model's result on a slice.
func (d *Document) Accept(by Author, label, slice int) (int, error) {
	return d.edit(by.Base, by.Name, fmt.Sprintf("accepting slice %d", slice), func(s *state) (Values, error) {
		m, ok := s.marks[label][slice]
		if !ok || m.State != Tracked && m.State != NotFound {
			return nil, annotate.Inputf("nothing was found on slice %d, so there is nothing to accept", slice)
		}
		m.Accepted = true
		return Values{markKey(label, slice): markValue(m)}, nil
	})
}

// SetObject adds an object, or changes its name, color, lock or visibility.
func (d *Document) SetObject(by Author, label int, o Object) (int, error) {
	o.Name = strings.TrimSpace(o.Name)
	if err := o.check(label); err != nil {
		return 0, err
	}
	return d.edit(by.Base, by.Name, "changing "+o.Name, func(*state) (Values, error) {
		return Values{objectKey(label): jsonOf(o)}, nil
	})
}

// Remove removes an object, with everything drawn and found of it.
func (d *Document) Remove(by Author, label int) (int, error) {
	return d.edit(by.Base, by.Name, fmt.Sprintf("removing object %d", label), func(s *state) (Values, error) {
		if err := s.checkFree(label); err != nil {
			return nil, err
		}
		set := Values{objectKey(label): nil, metaKey: meta(Meta{})}
		for slice := range s.grid.slices() {
			if err := s.erase(set, label, slice); err != nil {
				return nil, err
			}
		}
		for slice := range s.marks[label] {
			set[markKey(label, slice)] = nil
		}
		return set, nil
	})
}

// review marks the volume as reviewed, or not. errSuperseded: the document is no longer what the reviewer saw; seen may be
// nil.
func (d *Document) review(by Author, done bool, seen *state) (int, error) {
	what := "marking the volume as reviewed"
	if !done {
		what = "marking the volume as not reviewed"
	}
	return d.edit(by.Base, by.Name, what, func(now *state) (Values, error) {
		if seen != nil && !sameOutlines(seen, now) {
			return nil, errSuperseded
		}
		return Values{metaKey: meta(Meta{Reviewed: done})}, nil
	})
}

func (s *state) checkSlice(slice int) error {
	if slice < 0 || slice >= s.grid.slices() {
		return annotate.Inputf("slice %d is not within the volume's 0 to %d", slice, s.grid.slices()-1)
	}
	return nil
}

// checkFree returns an InputError if an object does not exist or is locked.
func (s *state) checkFree(label int) error {
	o, ok := s.objects[label]
	switch {
	case !ok:
		return annotate.Inputf("there is no object %d", label)
	case o.Locked:
		return annotate.Inputf("%s is locked: unlock it first", o.Name)
	}
	return nil
}

var colorPattern = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// maxName bounds an object's name, in bytes.
const maxName = 100

func (o Object) check(label int) error {
	switch {
	case label < 1 || label > maxLabel:
		return annotate.Inputf("object %d: labels go from 1 to %d", label, maxLabel)
	case o.Name == "" || len(o.Name) > maxName || strings.ContainsFunc(o.Name, unicode.IsControl):
		return annotate.Inputf("an object's name has 1 to %d bytes, on one line", maxName)
	case !colorPattern.MatchString(o.Color):
		return annotate.Inputf("the color %.20q is not of the form #0072b2", o.Color)
	}
	return nil
}

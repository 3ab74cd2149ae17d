package project

import (
	"cmp"
	"fmt"
	"image/color"
	"maps"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/report"
)

// Held is a volume that is annotated although it is not in the folder. Its documents last as long as it is held.
type Held struct {
	project *Project
	image   Image
	release func()
	first   *Document // across the acquisition axis, to be prepared
}

// Hold makes room for a volume. annotate.ErrFull: those in use leave none for it. Callers release it.
func (p *Project) Hold(v *volume.Volume) (*Held, error) {
	release, err := p.images.hold(len(v.Data))
	if err != nil {
		return nil, err
	}
	h := &Held{project: p, image: Image{Volume: v, window: &window{}}, release: release}
	h.first = h.Document(v.AcquisitionAxis())
	p.prepareSoon(h.first)
	return h, nil
}

// Document makes an empty document on slices across an axis.
func (h *Held) Document(axis int) *Document {
	d := newDocument("", grid{dim: h.image.Volume.Dim, axis: axis})
	d.image = func() (Image, func(), error) { return h.image, func() {}, nil }
	return d
}

// Release gives the room back. Jobs on its documents are stopped before.
func (h *Held) Release() {
	h.project.mu.Lock()
	h.project.ahead.pause()
	h.project.ahead.drop(h.first)
	h.project.mu.Unlock()
	h.release()
}

// SetMasks makes masks, row-major [h,w] by slice, an object's outlines on their slices; an empty one says that the object
// is not there. Only what differs from what is there is a change. The object is made if need be.
func (d *Document) SetMasks(by Author, what string, label int, masks map[int][]bool) error {
	_, err := d.edit(by.Base, by.Name, what, func(s *state) (Values, error) {
		set := Values{}
		s.ensure(set, label)
		for slice, mask := range masks {
			if !slices.Contains(mask, true) {
				if err := s.erase(set, label, slice); err != nil {
					return nil, err
				}
				if s.marks[label][slice].State != Absent {
					set[markKey(label, slice)] = markValue(Mark{State: Absent, Changed: true})
				}
				continue
			}
			pix, err := s.plane(slice)
			if err != nil {
				return nil, err
			}
			if err := s.draw(set, slice, painted(pix, label, mask)); err != nil {
				return nil, err
			}
		}
		return set, nil
	})
	return err
}

// Replace makes masks all that is known of an object: its outlines, and nothing on other slices.
func (d *Document) Replace(by Author, what string, label int, masks map[int][]bool) error {
	_, err := d.edit(by.Base, by.Name, what, func(s *state) (Values, error) {
		set := Values{}
		s.ensure(set, label)
		for slice := range s.grid.slices() {
			if err := s.erase(set, label, slice); err != nil {
				return nil, err
			}
			set[markKey(label, slice)] = nil
			mask := masks[slice]
			if !slices.Contains(mask, true) {
				continue
			}
			pix, err := s.plane(slice)
			if err != nil {
				return nil, err
			}
			set[planeKey(slice)] = planeValue(painted(pix, label, mask))
			set[markKey(label, slice)] = markValue(Mark{State: Outlined, Changed: true})
		}
		return set, nil
	})
	return err
}

// ensure makes an object that is not there.
func (s *state) ensure(set Values, label int) {
	if _, known := s.objects[label]; known {
		return
	}
	s.objects[label] = Object{Name: "object", Color: colorText(report.Color(label - 1))}
	set[objectKey(label)] = jsonOf(s.objects[label])
}

// colorText is a color as objects have it.
func colorText(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// painted makes mask a label's pixels.
func painted(pix []uint8, label int, mask []bool) []uint8 {
	for i, on := range mask {
		switch {
		case on:
			pix[i] = uint8(label)
		case int(pix[i]) == label:
			pix[i] = 0
		}
	}
	return pix
}

// View is what is known of an object.
type View struct {
	Masks map[int][]bool // row-major [h,w] by slice; no entry: nothing is there
	Marks map[int]Mark
}

// Shot is a document as it was at one time.
type Shot struct {
	grid   grid
	values Values
}

// Shot keeps the document as it is now.
func (d *Document) Shot() *Shot {
	return &Shot{grid: d.grid, values: d.Snapshot().Set}
}

// View returns what was known of an object.
func (shot *Shot) View(label int) (View, error) {
	s, err := decode(shot.grid, shot.values)
	if err != nil {
		return View{}, err
	}
	out := View{Masks: map[int][]bool{}, Marks: maps.Clone(s.marks[label])}
	for slice := range s.grid.slices() {
		if _, drawn := s.values[planeKey(slice)]; !drawn {
			continue
		}
		pix, err := s.plane(slice)
		if err != nil {
			return View{}, err
		}
		mask := make([]bool, len(pix))
		any := false
		for i, l := range pix {
			mask[i] = int(l) == label
			any = any || mask[i]
		}
		if any {
			out.Masks[slice] = mask
		}
	}
	return out, nil
}

// Outlined says whether the annotator said something of a slice: that the object is there, or that it is not.
func (v View) Outlined(slice int) bool {
	state := v.Marks[slice].State
	return state == Outlined || state == Absent
}

// Doubts lists the slices that should be looked at, most doubtful first.
func (v View) Doubts(axis int) []annotate.Doubt {
	trust := map[int]float64{}
	var out []annotate.Doubt
	for _, slice := range slices.Sorted(maps.Keys(v.Marks)) {
		m := v.Marks[slice]
		if len(m.Doubts) == 0 || m.Accepted {
			continue
		}
		trust[slice] = 1
		var reasons []string
		for _, d := range m.Doubts {
			reasons = append(reasons, d.Reason)
			trust[slice] *= 1 - d.Weight
		}
		out = append(out, annotate.Doubt{Axis: axis, Slice: slice, Reason: strings.Join(reasons, "; ")})
	}
	slices.SortStableFunc(out, func(a, b annotate.Doubt) int { return cmp.Compare(trust[a.Slice], trust[b.Slice]) })
	return out
}

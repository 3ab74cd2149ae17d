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

// Held is a volume that is annotated without being in the folder. Its documents exist until it is released.
type Held struct {
	project *Project
	image   Image
	release func()
	first   *Document // across the acquisition axis; the one to prepare
}

// Hold reserves room for a volume until it is released. It returns annotate.ErrFull if the volumes in use leave too little room.
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

// Document returns a new, empty document for slices across an axis.
func (h *Held) Document(axis int) *Document {
	d := newDocument("", grid{dim: h.image.Volume.Dim, axis: axis})
	d.image = func() (Image, func(), error) { return h.image, func() {}, nil }
	return d
}

// Release frees the room. The caller must stop the documents' jobs first.
func (h *Held) Release() {
	h.project.mu.Lock()
	h.project.ahead.pause()
	h.project.ahead.drop(h.first)
	h.project.mu.Unlock()
	h.release()
}

// SetMasks makes masks, row-major [h,w] by slice, an object's outlines on their slices. An empty mask says that the object is
// absent. Only slices that differ from the present state change. The object is created if necessary.
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

// Replace replaces everything known about an object: masks become its outlines, and nothing is known about other slices.
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

// ensure creates an object unless it exists.
func (s *state) ensure(set Values, label int) {
	if _, known := s.objects[label]; known {
		return
	}
	s.objects[label] = Object{Name: "object", Color: colorText(report.Color(label - 1))}
	set[objectKey(label)] = jsonOf(s.objects[label])
}

// colorText returns a color in the form of Object.Color.
func colorText(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// painted makes mask the pixels of a label, and returns pix.
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

// View is what is known about an object.
type View struct {
	Masks map[int][]bool // row-major [h,w], by slice; slices without the object have no entry
	Marks map[int]Mark
}

// Shot is a snapshot of a document.
type Shot struct {
	grid   grid
	values Values
}

// Shot returns a snapshot of the document.
func (d *Document) Shot() *Shot {
	return &Shot{grid: d.grid, values: d.Snapshot().Set}
}

// View returns what was known about an object.
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
		for i, l := range pix {
			mask[i] = int(l) == label
		}
		if slices.Contains(mask, true) {
			out.Masks[slice] = mask
		}
	}
	return out, nil
}

// Outlined reports whether the annotator outlined the object on a slice or said that it is absent.
func (v View) Outlined(slice int) bool {
	state := v.Marks[slice].State
	return state == Outlined || state == Absent
}

// Doubts lists the doubtful slices, the most doubtful first.
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

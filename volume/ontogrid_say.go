package volume

import "fmt"

// explain adds notes on what is unusual in a match by affine.
func (m *matching) explain(p place, f latticeFit) {
	if f.misfit > gridTolerance {
		m.note("is %.2g of a voxel off the image's grid: each voxel was matched to the nearest", f.misfit)
	}
	for _, r := range []struct {
		reading
		of    Geometry
		whose string
	}{{f.image, m.image, "the image's"}, {f.mask, m.mask, "its own"}} {
		if r.what == "qform" && r.of.NIfTI.SFormCode > 0 {
			m.note("fits %s qform, not the sform", r.whose)
		}
		if r.unit {
			m.note("%s header states no unit: the other file's unit is assumed", r.whose)
		}
	}
	if thin := m.thin(); thin >= 0 && m.image.Dim[p.axis[thin]] > 1 {
		m.note("holds one slice: placed on slice %d along axis %d", p.start[p.axis[thin]], p.axis[thin])
		return
	}
	if b := p.box(m.mask.Dim); b != (Box{Hi: m.image.Dim}) {
		m.note("covers a part of the image: placed on voxels %v to %v, the rest is background", b.Lo, b.Hi)
	}
	if p.placement != inPlace() && (p.axis != inPlace().axis || p.step != inPlace().step) {
		m.note("is stored in a different order than the image (%s, %s): reoriented", m.mask.Orientation(), m.image.Orientation())
	}
}

// advise adds to the error what the user can do.
func (m *matching) advise(e *GridError) {
	if e.AffineOnly {
		if a := m.mask.Affine; a == (Affine{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}) && m.mask.placed() {
			e.fix = "its affine is the identity, as if an array was saved without one: save it with the affine of the image " +
				"that the array came from or, if no axis was flipped or swapped since, pass --ignore-geometry"
		}
		return
	}
	if m.cutOut() {
		e.detail += "; the mask's affine is the image's, as if a part was cut out without correcting the affine"
		e.fix = "save the part with its own position in space, or put it back into a mask of the image's size"
	}
	if m.opt.Axis < 0 {
		return
	}
	h, w := SliceSize(m.image.Dim, m.opt.Axis)
	mh, mw := SliceSize(m.mask.Dim, m.across())
	if thin := m.thin(); (thin < 0 && m.mask.Frames == nil) || mh != h || mw != w {
		return
	}
	e.detail += fmt.Sprintf("; it is not certain which of the image's %d slices it belongs to", m.image.Dim[m.opt.Axis])
	e.fix = "give it with --slice N"
	if m.mask.placed() && m.image.placed() && !m.cutOut() {
		e.fix += ", and pass --ignore-geometry if its header is wrong"
	}
	if m.image.Frames != nil && m.mask.Frames != nil {
		e.fix += ", or name the file after its frame (such as " + m.image.Frames[0] + ")"
	}
	if len(m.opt.Slices) == 1 && m.mask.placed() && m.image.placed() && !m.cutOut() {
		at := m.opt.Slices[0]
		e.fix = fmt.Sprintf("its affine does not put it on slice %d: correct --slice, or pass --ignore-geometry if its header is wrong", at)
	}
}

// cutOut reports whether the mask has the image's affine but another size.
func (m *matching) cutOut() bool {
	f, ok := m.closest()
	return ok && m.cornered(f.placement)
}

// cornered reports whether a mask that does not fill the image starts at its first voxel, with the same directions.
func (m *matching) cornered(p placement) bool {
	return !m.sure && p.box(m.mask.Dim) != (Box{Hi: m.image.Dim}) && p.start == [3]int{} && p.step == inPlace().step
}

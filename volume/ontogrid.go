package volume

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GridOptions says how a mask is brought onto an image's grid.
type GridOptions struct {
	IgnoreGeometry bool  // a mask of the image's size is accepted, whatever the headers say about position, direction and voxel size
	Axis           int   // the axis that Slices counts along; -1: the user names no slices
	Slices         []int // image slices that the mask's slices belong to, in the mask's order; nil: unknown
}

// latticeTolerance: a mask is on the image's lattice if each of its voxels is less than half a voxel away from an image voxel,
// along each axis. A distance above gridTolerance (a hundredth) is noted.
const latticeTolerance = 0.5

// OntoGrid returns the mask on the image's grid, with notes for the user. It is the one rule for whether a mask belongs to an
// image, and a prediction to a ground truth:
//
//   - A mask of the same box of voxels, in any storage order or orientation, is reoriented exactly.
//   - A mask of fewer slices, or of a part of the image, is placed by its affine; a PNG slice by its name; a single slice
//     without a position by opt.Slices. Whatever it does not cover is background.
//   - A shift of less than half a voxel is ignored, with a note.
//   - A NIfTI mask may match the image's qform or its sform.
//   - Whatever a file does not state (unit, position, voxel size) is not compared.
//
// If the mask does not belong to the image, the error is a *GridError. The result shares the mask's voxels if nothing had to
// move.
func OntoGrid(image Gridded, mask *LabelMap, opt GridOptions) (*LabelMap, []string, error) {
	m := matching{image: image.Grid(), mask: mask.Grid(), opt: opt, name: displayPath(mask.Path), sure: mask.sparse}
	p, ok := m.find()
	if !ok {
		e := gridError(image, mask)
		m.advise(e)
		return nil, nil, e
	}
	out := &LabelMap{Dim: m.image.Dim, Geom: m.image, Path: mask.Path, Legend: mask.Legend, Notes: mask.Notes}
	if p.frames == nil && p.placement == inPlace() && m.image.Dim == m.mask.Dim {
		out.Data = mask.Data
		return out, m.notes, nil
	}
	out.Data = make([]int32, m.image.Dim[0]*m.image.Dim[1]*m.image.Dim[2])
	outside := 0
	if p.frames != nil {
		for i, frame := range p.frames {
			PutSlice(out.Data, out.Dim, p.across, frame, mask.Slice(m.across(), i))
		}
	} else {
		outside = p.carry(mask, out)
	}
	if outside > 0 {
		e := gridError(image, mask)
		e.detail += fmt.Sprintf("; %d labeled voxels are outside the image", outside)
		return nil, nil, e
	}
	return out, m.notes, nil
}

// matching is the search for a mask's place in an image.
type matching struct {
	image, mask Geometry
	opt         GridOptions
	name        string // of the mask
	sure        bool   // the mask's frames state their own positions
	notes       []string
}

// place says where a mask's voxels go: by a placement, or slice by slice.
type place struct {
	placement
	frames []int // image slices that the mask's slices go to; nil: the placement counts
	across int   // the image axis that frames counts along
}

func (m *matching) note(format string, args ...any) {
	m.notes = append(m.notes, m.name+": "+fmt.Sprintf(format, args...))
}

// find tries all ways to place a mask, the most reliable first.
func (m *matching) find() (place, bool) {
	if m.opt.IgnoreGeometry && m.image.Dim == m.mask.Dim {
		if fields := m.image.Diff(m.mask); len(fields) > 0 {
			m.note("differs from the image in %s: ignored, as asked", strings.Join(fields, ", "))
		}
		return place{placement: inPlace()}, true
	}
	for _, try := range []func() (place, bool){m.byAffine, m.byName, m.bySize, m.bySlice} {
		if p, ok := try(); ok {
			return p, true
		}
	}
	return place{}, false
}

// byAffine places a mask by its header's affine.
func (m *matching) byAffine() (p place, ok bool) {
	if !m.image.placed() || !m.mask.placed() || m.opt.IgnoreGeometry {
		return p, false
	}
	f, ok := m.closest()
	if !ok {
		return p, false
	}
	if p, ok = m.settle(place{placement: f.placement}); ok {
		m.explain(p, f)
	}
	return p, ok
}

// latticeFit is a placement according to one reading of each header.
type latticeFit struct {
	placement
	misfit      float64
	image, mask reading
}

// closest returns the first pair of readings that fits exactly, or else the one that fits best.
func (m *matching) closest() (best latticeFit, found bool) {
	best.misfit = latticeTolerance
	for _, a := range m.image.readings(m.mask) {
		for _, b := range m.mask.readings(m.image) {
			p, misfit, ok := fitLattice(a.affine, b.affine, m.mask.Dim, m.loose())
			if ok && misfit < best.misfit && m.covers(p) {
				best, found = latticeFit{p, misfit, a, b}, true
			}
			if found && best.misfit <= gridTolerance {
				return best, true
			}
		}
	}
	return best, found
}

// loose marks the image axes along which positions are meaningless: the one across a single slice from a two-dimensional file.
func (m *matching) loose() (free [3]bool) {
	for i, n := range m.image.Dim {
		free[i] = n == 1 && (m.image.flat() || m.mask.flat())
	}
	return free
}

// covers reports whether a placement is plausible: the mask fills the image exactly, or has another size. A mask of the image's
// own size that is some voxels off belongs to another image, or has a wrong header.
func (m *matching) covers(p placement) bool {
	b := p.box(m.mask.Dim)
	for i := range 3 {
		if m.image.Dim[i] == 1 && m.loose()[i] {
			b.Hi[i], b.Lo[i] = b.Hi[i]-b.Lo[i], 0
		}
	}
	if b == (Box{Hi: m.image.Dim}) {
		return true
	}
	return b.Dim() != m.image.Dim
}

// settle decides which slice a mask with a single slice belongs to: the one given by its affine or, if that is not trustworthy, by
// opt.Slices.
func (m *matching) settle(p place) (place, bool) {
	for i := range 3 {
		if m.loose()[i] {
			p.start[i] = 0
		}
	}
	// A part that was cut out and saved with the whole image's affine seems to start at the first voxel, wherever it was.
	doubtful := m.cornered(p.placement)
	thin := m.thin()
	if thin < 0 || m.image.Dim[p.axis[thin]] == 1 {
		return p, !doubtful
	}
	across := p.axis[thin]
	at := p.start[across]
	doubtful = doubtful || at == 0 && m.mask.flat() || at < 0 || at >= m.image.Dim[across]
	if across != m.opt.Axis || len(m.opt.Slices) != 1 {
		return p, !doubtful
	}
	asked := m.opt.Slices[0]
	if asked < 0 || asked >= m.image.Dim[across] || !doubtful && at != asked {
		return p, false
	}
	p.start[across] = asked
	return p, true
}

// thin returns the mask's only axis of size 1, -1 if there are several or none.
func (m *matching) thin() int {
	found := -1
	for j, n := range m.mask.Dim {
		if n == 1 {
			if found >= 0 {
				return -1
			}
			found = j
		}
	}
	return found
}

// bySize accepts a mask of the image's size if the positions cannot be compared, because a file does not state its own.
func (m *matching) bySize() (p place, ok bool) {
	if m.image.Dim != m.mask.Dim || m.image.placed() && m.mask.placed() {
		return p, false
	}
	what := "sizes"
	if m.image.sized() && m.mask.sized() {
		if !spacingAgrees(m.image, m.mask) {
			return p, false
		}
		what = "sizes and spacings"
	}
	if m.image.Frames == nil || m.mask.Frames == nil { // for two stacks, this is expected
		m.note("only the %s could be compared with the image's, because one of the files does not say where it is in space", what)
	} else if !slices.Equal(m.image.Frames, m.mask.Frames) {
		m.note("its slices are not named like the image's (%s, %s): taken in order", m.mask.Frames[0], m.image.Frames[0])
	}
	return place{placement: inPlace()}, true
}

// bySlice places slices without a position on those that the user names.
func (m *matching) bySlice() (p place, ok bool) {
	n := len(m.opt.Slices)
	if n == 0 || m.opt.Axis < 0 || n != m.mask.Dim[m.across()] || m.image.placed() && m.mask.placed() && !m.opt.IgnoreGeometry {
		return p, false
	}
	h, w := SliceSize(m.image.Dim, m.opt.Axis)
	if mh, mw := SliceSize(m.mask.Dim, m.across()); mh != h || mw != w {
		return p, false
	}
	var words []string
	for _, i := range m.opt.Slices {
		if i < 0 || i >= m.image.Dim[m.opt.Axis] {
			return p, false
		}
		words = append(words, strconv.Itoa(i))
	}
	m.note("placed on slice %s along axis %d, as asked; only the size of the slice could be compared", strings.Join(words, ", "), m.opt.Axis)
	if thin := m.thin(); n == 1 && thin >= 0 {
		p.placement = inPlace()
		p.axis[thin], p.start[m.opt.Axis] = m.opt.Axis, m.opt.Slices[0]
		others := [3][2]int{{1, 2}, {0, 2}, {0, 1}}
		for i, j := range others[thin] {
			p.axis[j] = others[m.opt.Axis][i]
		}
		return p, true
	}
	return place{frames: m.opt.Slices, across: m.opt.Axis}, true
}

// across returns the mask's axis that its slices are across if they are placed one by one.
func (m *matching) across() int {
	if thin := m.thin(); thin >= 0 {
		return thin
	}
	return 2
}

package volume

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GridOptions says how a mask is brought onto an image's grid.
type GridOptions struct {
	IgnoreGeometry bool  // equal sizes are taken on trust, whatever the headers say of place, direction and voxel size
	Axis           int   // across which Slices counts; -1: the user names no slices
	Slices         []int // where the slices of a mask that has only these lie, in its order; nil: not known
}

// A mask lies on the image's lattice while each of its voxels is nearer than half a voxel to one of the image's, along each
// axis; above a hundredth (gridTolerance) that is said.
const latticeTolerance = 0.5

// OntoGrid returns the mask on the image's grid, with notes for the user on what was not plain. It is the one rule for
// whether a mask belongs to an image, and a prediction to a truth:
//
//   - the same box of voxels, in any storage order or orientation, is turned round exactly;
//   - a mask of fewer slices, or of a part of the image, is placed by its affine, a PNG slice by the name of its frame,
//     a mask of one slice without a place by opt.Slices; what it does not cover is background;
//   - a shift below half a voxel is ignored with a note;
//   - a NIfTI mask that fits the image's qform or its sform fits;
//   - what a file does not state (unit, place, voxel size) is not compared.
//
// Otherwise the error is a *GridError. The result shares the mask's voxels where nothing had to move.
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

// matching is the search for the place of a mask.
type matching struct {
	image, mask Geometry
	opt         GridOptions
	name        string // of the mask
	sure        bool   // its frames state their own places
	notes       []string
}

// place is where a mask's voxels go: by a placement, or slice by slice to the frames across an axis.
type place struct {
	placement
	frames []int
	across int
}

func (m *matching) note(format string, args ...any) {
	m.notes = append(m.notes, m.name+": "+fmt.Sprintf(format, args...))
}

// find tries the ways to place a mask, the surest first.
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

// byAffine places a mask where its header says.
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

// latticeFit is a placement that two readings of the headers give.
type latticeFit struct {
	placement
	misfit      float64
	image, mask reading
}

// closest is the first pair of readings that fits, else the one that fits best.
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

// loose marks the image axes along which positions mean nothing: those of a single slice from a two-dimensional file.
func (m *matching) loose() (free [3]bool) {
	for i, n := range m.image.Dim {
		free[i] = n == 1 && (m.image.flat() || m.mask.flat())
	}
	return free
}

// covers says whether a placement makes sense: the mask fills the image, or is of another size and lies in or about it.
// A mask of the image's own size that lies some voxels off belongs to another image, or has a wrong header.
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

// settle decides on which slice a mask of one slice lies: where its affine says, or, if that is not to be trusted, where
// opt.Slices says.
func (m *matching) settle(p place) (place, bool) {
	for i := range 3 {
		if m.loose()[i] {
			p.start[i] = 0
		}
	}
	// Whoever cuts out a part and saves it with the whole image's affine puts it on the first voxels, wherever it was.
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

// thin is the mask's axis with one slice only, -1 if it has several such axes or none.
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

// bySize takes a mask of the image's size whose place cannot be compared, because a file does not state it.
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
	if m.image.Frames == nil || m.mask.Frames == nil { // of two stacks nobody expects more
		m.note("only the %s could be compared with the image's, because one of the files does not say where it is in space", what)
	} else if !slices.Equal(m.image.Frames, m.mask.Frames) {
		m.note("its slices are not named like the image's (%s, %s): taken in order", m.mask.Frames[0], m.image.Frames[0])
	}
	return place{placement: inPlace()}, true
}

// bySlice places slices that do not say where they lie on those that the user names.
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

// across is the mask's axis across which its slices lie when they are placed one by one.
func (m *matching) across() int {
	if thin := m.thin(); thin >= 0 {
		return thin
	}
	return 2
}

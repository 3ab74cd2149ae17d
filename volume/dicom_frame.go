package volume

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// dicomFrame is a slice: a frame of a multi-frame file, or the image in a single-frame file.
type dicomFrame struct {
	file       *dicomFile
	index      int     // frame within the file, from 0
	number     float64 // instance number, or the frame's index in a multi-frame file; orders slices without position
	rows, cols int
	spacing    [2]float64 // mm between columns, between rows
	estimated  string     // a note on where the spacing comes from, unless it is the true spacing in the patient
	thickness  float64    // mm; 0 if unknown
	between    float64    // stated mm between slices; 0 if unknown; may be negative
	placed     bool       // whether position and orientation are known
	position   [3]float64 // LPS mm of the first pixel's center
	right      [3]float64 // unit vector in which the column index grows
	down       [3]float64 // unit vector in which the row index grows
	location   float64    // SliceLocation; NaN if not stated
	slope      float64
	inter      float64
	marks      map[string]string // what distinguishes it from frames at the same place, see frameMarks
}

// name returns the slice's name for messages.
func (s *dicomFrame) name() string {
	if s.index == 0 {
		return s.file.base()
	}
	return fmt.Sprintf("%s frame %d", s.file.base(), s.index)
}

// normal returns the unit vector perpendicular to the slice.
func (s *dicomFrame) normal() [3]float64 {
	n := cross(s.right, s.down)
	return scale(n, 1/norm(n))
}

// frameGroups finds elements of a frame: in the functional groups of the frame or in those shared by all frames (PS3.3
// C.7.6.16), or at the top level of a file without functional groups.
type frameGroups struct{ frame, shared, top *dicom.DataSet }

// holder returns the data set with an element: the item of the functional group sequence that contains it or, if there is none,
// the file itself.
func (g frameGroups) holder(sequence, tag dicom.Tag) *dicom.DataSet {
	if sequence != 0 {
		for _, groups := range []*dicom.DataSet{g.frame, g.shared} {
			if item, err := groups.Item(sequence); err == nil && item.Has(tag) {
				return item
			}
		}
	}
	return g.top
}

// readFrames reads what the header says about each frame of an image.
func readFrames(d *dicom.DataSet, f *dicomFile, p *dicom.Pixels) ([]*dicomFrame, error) {
	perFrame, err := d.Items(tagFrameGroups)
	if err != nil {
		return nil, err
	}
	shared, err := d.Item(tagSharedGroups)
	if err != nil {
		return nil, err
	}
	frames := make([]*dicomFrame, p.Frames)
	for i := range frames {
		g := frameGroups{frame: &dicom.DataSet{}, shared: shared, top: d}
		if i < len(perFrame) {
			g.frame = perFrame[i]
		}
		if frames[i], err = readFrame(g, f, p, i); err != nil {
			return nil, err
		}
	}
	if len(perFrame) == 0 && p.Frames > 1 {
		spreadFrames(d, frames)
	}
	return frames, nil
}

// readFrame reads what the header says about frame i.
func readFrame(g frameGroups, f *dicomFile, p *dicom.Pixels, i int) (*dicomFrame, error) {
	s := &dicomFrame{file: f, index: i, rows: p.Rows, cols: p.Columns, slope: 1, location: math.NaN()}
	s.number, _ = g.top.Number(tagInstanceNumber)
	if p.Frames > 1 {
		s.number = float64(i)
	}
	if x, ok := g.top.Number(tagSliceLocation); ok {
		s.location = x
	}
	if err := s.readSpacing(g); err != nil {
		return nil, err
	}
	if err := s.readPlace(g); err != nil {
		return nil, err
	}
	if err := s.readScale(g); err != nil {
		return nil, err
	}
	s.readMarks(g)
	return s, nil
}

// readMarks reads the elements that tell frames at the same place apart. Of elements with the same name, the first that
// is not empty counts.
func (s *dicomFrame) readMarks(g frameGroups) {
	for _, m := range frameMarks {
		if s.marks[m.name] != "" {
			continue
		}
		text := markText(g.holder(m.sequence, m.tag), m.tag)
		if text == "" {
			continue
		}
		if s.marks == nil {
			s.marks = map[string]string{}
		}
		s.marks[m.name] = text
	}
}

// markText returns an element as text, for people and for comparison.
func markText(d *dicom.DataSet, tag dicom.Tag) string {
	if x, ok := d.Number(tag); ok {
		return fmt.Sprintf("%g", x)
	}
	for _, b := range d.Raw(tag) {
		if b >= 0x7f || (b < ' ' && b != 0) { // binary, of unknown representation
			return fmt.Sprintf("%x", d.Raw(tag))
		}
	}
	return d.Text(tag)
}

// readScale reads rescale slope and intercept or, for an RT dose, the dose grid scaling.
func (s *dicomFrame) readScale(g frameGroups) error {
	for _, tag := range []dicom.Tag{tagRescaleSlope, tagDoseScaling} {
		n, ok, err := g.holder(seqTransformation, tag).Numbers(tag, 1)
		if err != nil {
			return err
		}
		if ok && n[0] != 0 {
			s.slope = n[0]
			break
		}
	}
	n, ok, err := g.holder(seqTransformation, tagRescaleIntercept).Numbers(tagRescaleIntercept, 1)
	if ok {
		s.inter = n[0]
	}
	return err
}

// readSpacing reads the distances between pixels and between slices. PS3.3 10.7.1.3: the first value of a pixel spacing is the
// distance between rows, and the second the distance between columns.
func (s *dicomFrame) readSpacing(g frameGroups) error {
	s.spacing, s.estimated = [2]float64{1, 1}, "the files do not state the pixel size: 1 mm is assumed, so lengths and volumes are in pixels"
	for _, source := range []struct {
		tag  dicom.Tag
		note string
	}{
		{tagPixelSpacing, ""},
		{tagImagerSpacing, "the pixel size is taken from Imager Pixel Spacing (at the detector, not in the patient): lengths and volumes may be too large"},
		{tagScannedSpacing, "the pixel size is taken from Nominal Scanned Pixel Spacing (of the digitized film): lengths and volumes may be off"},
	} {
		n, ok, err := g.holder(seqPixelMeasures, source.tag).Numbers(source.tag, 2)
		if err != nil {
			return err
		}
		if ok && n[0] > 0 && n[1] > 0 { // some writers use 0 for unknown
			s.spacing, s.estimated = [2]float64{n[1], n[0]}, source.note
			break
		}
	}
	s.between, _ = g.holder(seqPixelMeasures, tagSliceSpacing).Number(tagSliceSpacing)
	thickness, _ := g.holder(seqPixelMeasures, tagSliceThickness).Number(tagSliceThickness)
	s.thickness = math.Abs(thickness)
	return nil
}

// depth returns the distance to the next slice if positions do not tell: the stated one, else the thickness, else 1 mm.
func (s *dicomFrame) depth() float64 {
	for _, d := range []float64{math.Abs(s.between), s.thickness} {
		if d > 0 {
			return d
		}
	}
	return 1
}

// readPlace reads position and orientation (PS3.3 C.7.6.2).
func (s *dicomFrame) readPlace(g frameGroups) error {
	if !g.top.Has(tagPosition) {
		if detector, err := g.top.Item(tagDetectors); err == nil && detector.Has(tagPosition) { // nuclear medicine
			g.top = detector
		}
	}
	position := g.holder(seqPlanePosition, tagPosition)
	if !position.Has(tagPosition) {
		position = g.holder(seqPlaneInVolume, tagPosition)
	}
	p, okP, err := position.Numbers(tagPosition, 3)
	if err != nil {
		return err
	}
	o, okO, err := g.holder(seqPlaneOrientation, tagOrientation).Numbers(tagOrientation, 6)
	if err != nil || !okP || !okO {
		return err
	}
	s.placed = true
	copy(s.position[:], p)
	copy(s.right[:], o[:3])
	copy(s.down[:], o[3:])
	a, b := norm(s.right), norm(s.down)
	if math.Abs(a-1) > 0.01 || math.Abs(b-1) > 0.01 || math.Abs(dot(s.right, s.down)) > 0.01 {
		return fmt.Errorf("the row and column directions %v are not two orthogonal unit vectors: corrupt file", o)
	}
	s.right, s.down = scale(s.right, 1/a), scale(s.down, 1/b)
	return nil
}

// spreadFrames places the frames of a multi-frame file without functional groups, which states only the position of its
// first frame. The offsets of a dose (GridFrameOffsetVector) come first, then the distance between slices; if neither is
// stated, the frames have no position.
func spreadFrames(d *dicom.DataSet, frames []*dicomFrame) {
	first := frames[0]
	offsets := first.frameOffsets(d, len(frames))
	for i, s := range frames {
		s.location = math.NaN()
		step := first.between * float64(i)
		switch {
		case offsets != nil:
			step = offsets[i]
		case first.between == 0:
			s.placed = false
		}
		if s.placed {
			s.position = add(first.position, scale(first.normal(), step))
		}
	}
}

// frameOffsets reads the distances of n frames from the first one, along the normal, in mm; nil if they are not stated.
// PS3.3 C.8.8.3.2: if the vector starts with 0, its numbers are such distances. If it starts with the z coordinate of the
// first frame, they are z coordinates, which decrease along the normal where that points toward the feet.
func (s *dicomFrame) frameOffsets(d *dicom.DataSet, n int) []float64 {
	offsets, ok, err := d.Numbers(tagFrameOffsets, n)
	if err != nil || !ok {
		return nil
	}
	sign := 1.0
	if s.placed && offsets[0] != 0 && math.Abs(offsets[0]-s.position[2]) <= roundedBy && s.normal()[2] < 0 {
		sign = -1
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = sign * (offsets[i] - offsets[0])
	}
	return out
}

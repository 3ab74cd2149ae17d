package volume

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// Elements of segmentations (PS3.3 A.51 and C.8.20).
const (
	tagManufacturer      dicom.Tag = 0x00080070
	tagSegmentationType  dicom.Tag = 0x00620001
	tagSegments          dicom.Tag = 0x00620002
	tagSegmentNumber     dicom.Tag = 0x00620004
	tagSegmentLabel      dicom.Tag = 0x00620005
	tagSegmentOfFrame    dicom.Tag = 0x0062000a
	tagReferencedSegment dicom.Tag = 0x0062000b
	tagSegmentColor      dicom.Tag = 0x0062000d
	tagMostFractional    dicom.Tag = 0x0062000e
	tagTrackingID        dicom.Tag = 0x00620020
	tagTrackingUID       dicom.Tag = 0x00620021
)

// segmentFrame is a frame of a segmentation: a slice, and the segment that its pixels belong to.
type segmentFrame struct {
	*dicomFrame
	segment int // 0 in a label map segmentation, whose pixel values are segment numbers
	at      int // slice on the label map's grid
}

// openSegmentation opens a DICOM segmentation as a label map on the grid of its own frames. Segments become labels. A
// segmentation may leave out empty slices; it then covers only a part of its image's grid, see OntoGrid.
func openSegmentation(path string) (*source, error) {
	d, err := loadDICOM(path)
	if err != nil {
		return nil, err
	}
	p, err := d.Pixels()
	if err != nil {
		return nil, err
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	frames, err := segmentFrames(d, path, p)
	if err != nil {
		return nil, err
	}
	step, depth, err := layOut(frames)
	if err != nil {
		return nil, err
	}
	src := &source{dim: [3]int{p.Columns, p.Rows, depth}, format: "dicom", modality: "SEG", sparse: true}
	n, err := checkDim(src.dim)
	if err != nil {
		return nil, err
	}
	first := frames[0]
	a := affineFromColumns(scale(first.right, first.spacing[0]), scale(first.down, first.spacing[1]), step, first.position).swapLPS()
	src.geom = GeometryFromAffine(src.dim, a)
	names, err := segmentLabels(d)
	if err != nil {
		return nil, err
	}
	src.legend = names.legend
	labels := newPainter(n)
	if err := paintSegments(labels, d, p, frames, names); err != nil {
		return nil, err
	}
	src.proven = n
	src.voxels = emitLabels(labels.finish(src.legend))
	src.notes = labels.notes
	return src, nil
}

// emitLabels returns the voxels function of a label map in memory.
func emitLabels(data []int32) func(func([]float64) error) error {
	return func(emit func([]float64) error) error {
		values := make([]float64, 1<<15)
		for part := range slices.Chunk(data, len(values)) {
			for i, l := range part {
				values[i] = float64(l)
			}
			if err := emit(values[:len(part)]); err != nil {
				return err
			}
		}
		return nil
	}
}

// segmentFrames reads the place and the segment of each frame.
func segmentFrames(d *dicom.DataSet, path string, p *dicom.Pixels) ([]*segmentFrame, error) {
	plain, err := readFrames(d, &dicomFile{path: path}, p)
	if err != nil {
		return nil, err
	}
	perFrame, err := d.Items(tagFrameGroups)
	if err != nil {
		return nil, err
	}
	shared, err := d.Item(tagSharedGroups)
	if err != nil {
		return nil, err
	}
	labelMap := d.Text(tagSegmentationType) == "LABELMAP"
	frames := make([]*segmentFrame, len(plain))
	for i, f := range plain {
		if !f.placed {
			return nil, fmt.Errorf("frame %d of the segmentation has no position: convert it first (for example dcmqi's segimage2itkimage)", i)
		}
		frames[i] = &segmentFrame{dicomFrame: f}
		if labelMap {
			continue
		}
		g := frameGroups{frame: &dicom.DataSet{}, shared: shared, top: d}
		if i < len(perFrame) {
			g.frame = perFrame[i]
		}
		frames[i].segment = g.holder(tagSegmentOfFrame, tagReferencedSegment).Short(tagReferencedSegment, 0)
		if frames[i].segment == 0 {
			return nil, fmt.Errorf("frame %d does not say which segment it shows: corrupt file", i)
		}
	}
	return frames, nil
}

// layOut sorts the frames by position and finds their regular grid, of which some slices may lack frames. It returns the step
// between slices in LPS mm, and the number of slices.
func layOut(frames []*segmentFrame) (step [3]float64, depth int, err error) {
	n := frames[0].normal()
	along := func(f *segmentFrame) float64 { return dot(f.position, n) }
	sort.SliceStable(frames, func(i, j int) bool { return along(frames[i]) < along(frames[j]) })
	first, last := frames[0], frames[len(frames)-1]
	spacing := 0.0
	for i, f := range frames[1:] {
		if norm(sub(f.right, first.right)) > directionTurn || norm(sub(f.down, first.down)) > directionTurn {
			return step, 0, errors.New("the frames of the segmentation have different orientations")
		}
		if gap := along(f) - along(frames[i]); gap > roundedBy && (spacing == 0 || gap < spacing) {
			spacing = gap
		}
	}
	if stated := math.Abs(first.between); stated > 0 && (spacing == 0 || evenly(frames, along, stated)) {
		spacing = stated
	} else if t := first.thickness; stated == 0 && t > 0 && t < spacing && evenly(frames, along, t) {
		spacing = t // there may be frames only on every few slices
	}
	if spacing == 0 {
		return scale(n, first.depth()), 1, nil
	}
	if !evenly(frames, along, spacing) {
		return step, 0, errors.New("the frames of the segmentation are not evenly spaced")
	}
	for _, f := range frames {
		f.at = int(math.Round((along(f) - along(first)) / spacing))
	}
	if last.at >= maxVoxels {
		return step, 0, errors.New("the frames of the segmentation are too far apart: corrupt file")
	}
	step = scale(n, spacing)
	if last.at > 0 {
		step = scale(sub(last.position, first.position), 1/float64(last.at))
	}
	for _, f := range frames {
		if off := f.offLine(first.dicomFrame, step, f.at); off > f.offLineLimit(step) {
			return step, 0, fmt.Errorf("%s is %.3g mm off the line through the first and last frame: the frames of the segmentation do not form one grid", f.name(), off)
		}
	}
	return step, last.at + 1, nil
}

// evenly reports whether the distances of all frames from the first are integer multiples of the spacing.
func evenly(frames []*segmentFrame, along func(*segmentFrame) float64, spacing float64) bool {
	for _, f := range frames {
		k := (along(f) - along(frames[0])) / spacing
		if math.Abs(k-math.Round(k)) > 2*looseStep {
			return false
		}
	}
	return true
}

// segmentNames holds the segments' names, and the labels that they become.
type segmentNames struct {
	number map[int]int32 // labels by segment number
	legend map[int32]Label
}

// segmentLabels reads the list of segments. A segment's number becomes its label or, in a segmentation that this program wrote,
// the label that the segment was made from.
func segmentLabels(d *dicom.DataSet) (*segmentNames, error) {
	items, err := d.Items(tagSegments)
	if err != nil {
		return nil, err
	}
	names := &segmentNames{map[int]int32{}, map[int32]Label{}}
	own := d.Text(tagManufacturer) == segmentManufacturer
	for _, s := range items {
		n := s.Short(tagSegmentNumber, 0)
		label := int32(n)
		if text, ok := strings.CutPrefix(s.Text(tagTrackingID), trackingPrefix); ok && own {
			if k, err := strconv.ParseInt(text, 10, 32); err == nil && k > 0 {
				label = int32(k)
			}
		}
		names.number[n] = label
		l := Label{Name: decodeName(s.Text(tagSegmentLabel))}
		if lab := s.Shorts(tagSegmentColor); len(lab) == 3 {
			l.Color = labToRGB(lab)
		}
		names.legend[label] = l
	}
	return names, nil
}

// label returns the label of a segment. A segment that is missing from the list keeps its number.
func (n *segmentNames) label(segment int) int32 {
	if l, ok := n.number[segment]; ok {
		return l
	}
	return int32(segment)
}

// paintSegments decodes all frames and paints their segments.
func paintSegments(to *painter, d *dicom.DataSet, p *dicom.Pixels, frames []*segmentFrame, names *segmentNames) error {
	threshold := 1.0
	if d.Text(tagSegmentationType) == "FRACTIONAL" {
		most := d.Short(tagMostFractional, 255)
		threshold = float64(most) / 2
		to.note("the segmentation is fractional: voxels of at least one half count")
	}
	for _, f := range frames {
		values, err := p.Frame(f.index)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name(), err)
		}
		base := f.at * len(values)
		for i, x := range values {
			switch {
			case x < threshold || x == 0:
			case f.segment == 0:
				to.paint(base+i, names.label(int(x)))
			default:
				to.paint(base+i, names.label(f.segment))
			}
		}
	}
	return nil
}

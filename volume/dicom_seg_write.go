package volume

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// How a segmentation identifies the program that made it.
const (
	segmentManufacturer = "slmsam"
	segmentAlgorithm    = "SLM-SAM 2"
	trackingPrefix      = "slmsam label " // of tracking identifiers, followed by the label
)

// checkSegmentable returns an error that says why labels on this grid cannot be written as a DICOM segmentation, or nil.
func (g Geometry) checkSegmentable() error {
	s := g.DICOM
	switch {
	case s == nil:
		return errors.New("a DICOM segmentation needs a DICOM series, and the image is not one: choose another format, such as .nii.gz or .nrrd")
	case !s.placed:
		return errors.New("a DICOM segmentation has a position in space, but the slices of the series have none: choose another format, such as .nii.gz")
	case s.uid == "" || slices.ContainsFunc(s.slices, func(i dicomInstance) bool { return i.uid == "" || i.class == "" }):
		return errors.New("a DICOM segmentation refers to the instances of its series, and these have no UID: choose another format, such as .nii.gz")
	case g.Dim != [3]int{s.cols, s.rows, len(s.slices)}:
		return fmt.Errorf("the labels have %dx%dx%d voxels, the DICOM series %dx%dx%d", g.Dim[0], g.Dim[1], g.Dim[2], s.cols, s.rows, len(s.slices))
	}
	return nil
}

// writeSegmentation writes a binary DICOM segmentation (PS3.3 A.51) with a segment for each label, and a frame for each slice that
// a segment is on. Segments are numbered from 1, as the standard requires; their tracking identifiers preserve the labels.
func (l *LabelMap) writeSegmentation(w io.Writer, now time.Time) error {
	geom := l.Geom.orDefault(l.Dim)
	if err := geom.checkSegmentable(); err != nil {
		return err
	}
	labels := slices.Sorted(maps.Keys(l.Counts()))
	labels = slices.DeleteFunc(labels, func(n int32) bool { return n == 0 })
	if len(labels) == 0 {
		return errors.New("a DICOM segmentation needs at least one segment, but every voxel is background")
	}
	if len(labels) > math.MaxUint16 || labels[0] < 0 {
		return fmt.Errorf("a DICOM segmentation has segments 1 to 65535, not %d, the lowest for label %d", len(labels), labels[0])
	}
	s := geom.DICOM
	set := s.segmentationHeader(now)
	var segments []dicom.Set
	for i, label := range labels {
		segments = append(segments, l.segment(s, i+1, label))
	}
	set.Sequence(tagSegments, segments...)
	frames, bits := l.segmentBits(s, labels)
	set.Text(dicom.TagFrames, "IS", strconv.Itoa(len(frames)))
	set.Sequence(tagSharedGroups, s.sharedGroups(geom))
	set.Sequence(tagFrameGroups, frames...)
	set[dicom.TagPixels] = dicom.Field{VR: "OB", Value: bits}
	digest := derivedUID(fmt.Sprint(s.uid, now.UnixNano(), labels, len(bits)))
	set.Text(dicom.TagSOPInstance, "UI", digest)
	set.Text(tagSeriesUID, "UI", derivedUID("series "+digest))
	_, err := w.Write(dicom.File(dicom.SyntaxExplicit, set))
	return err
}

// segmentationHeader returns everything but segments and frames.
func (s *DICOMSeries) segmentationHeader(now time.Time) dicom.Set {
	set := maps.Clone(s.owner)
	if s.plainOwner() {
		set.Text(tagCharacterSet, "CS", unicodeCharacters)
	}
	date, clock := now.Format("20060102"), now.Format("150405.000000")
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	for _, e := range []struct {
		tag      dicom.Tag
		vr, text string
	}{
		{0x00080008, "CS", "DERIVED\\PRIMARY"}, {0x00080012, "DA", date}, {0x00080013, "TM", clock},
		{dicom.TagSOPClass, "UI", segmentationClasses[0]}, {0x00080021, "DA", date}, {0x00080023, "DA", date},
		{0x00080031, "TM", clock}, {0x00080033, "TM", clock}, {tagModality, "CS", "SEG"},
		{tagManufacturer, "LO", segmentManufacturer}, {tagSeriesName, "LO", "Segmentation by slmsam"}, {0x00081090, "LO", segmentManufacturer},
		{0x00181000, "LO", "1"}, {0x00181020, "LO", version},
		{0x00200011, "IS", "300"}, {tagInstanceNumber, "IS", "1"},
		{dicom.TagPhotometric, "CS", "MONOCHROME2"}, {0x00282110, "CS", "00"},
		{tagSegmentationType, "CS", "BINARY"},
		{0x00700080, "CS", "SEGMENTATION"}, {0x00700081, "LO", "Labels carried through a volume, research use only"}, {0x00700084, "PN", ""},
	} {
		set.Text(e.tag, e.vr, e.text)
	}
	for tag, n := range map[dicom.Tag]int{dicom.TagSamplesPerPixel: 1, dicom.TagRows: s.rows, dicom.TagColumns: s.cols,
		dicom.TagBitsAllocated: 1, dicom.TagBitsStored: 1, dicom.TagHighBit: 0, dicom.TagPixelSigned: 0} {
		set.Short(tag, n)
	}
	if len(set[tagFrameOfReference].Value) == 0 {
		set.Text(tagFrameOfReference, "UI", derivedUID("frame of reference "+s.uid))
	}
	var instances []dicom.Set
	seen := map[string]bool{}
	for _, i := range s.slices {
		if !seen[i.uid] {
			seen[i.uid] = true
			instances = append(instances, reference(i.class, i.uid))
		}
	}
	series := dicom.Set{}
	series.Sequence(0x0008114a, instances...) // ReferencedInstanceSequence
	series.Text(tagSeriesUID, "UI", s.uid)
	set.Sequence(0x00081115, series) // ReferencedSeriesSequence
	setDimensions(set, derivedUID("dimensions "+s.uid))
	return set
}

// reference returns a reference to an instance of the series.
func reference(class, uid string) dicom.Set {
	r := dicom.Set{}
	r.Text(0x00081150, "UI", class)
	r.Text(0x00081155, "UI", uid)
	return r
}

// setDimensions says that frames are ordered by segment, then by position (PS3.3 C.7.6.17).
func setDimensions(set dicom.Set, uid string) {
	organization := dicom.Set{}
	organization.Text(0x00209164, "UI", uid)
	set.Sequence(0x00209221, organization)
	var indices []dicom.Set
	for _, d := range []struct {
		pointer, group dicom.Tag
		name           string
	}{{tagReferencedSegment, tagSegmentOfFrame, "Segment"}, {tagPosition, seqPlanePosition, "Position"}} {
		index := dicom.Set{}
		index.Text(0x00209164, "UI", uid)
		index[0x00209165] = dicom.TagValue(d.pointer)
		index[0x00209167] = dicom.TagValue(d.group)
		index.Text(0x00209421, "LO", d.name)
		indices = append(indices, index)
	}
	set.Sequence(0x00209222, indices...)
}

// code returns a coded concept.
func code(value, scheme, meaning string) dicom.Set {
	c := dicom.Set{}
	c.Text(0x00080100, "SH", value)
	c.Text(0x00080102, "SH", scheme)
	c.Text(0x00080104, "LO", meaning)
	return c
}

// segment describes a segment: its name, the algorithm, and tracking identifiers, which show that segments in later segmentations
// of the same series are the same object. Only the user knows what the object is, so its code is just "tissue".
func (l *LabelMap) segment(s *DICOMSeries, number int, label int32) dicom.Set {
	name, rgb := l.Legend[label].Name, l.Legend[label].Color
	if name == "" {
		name = fmt.Sprintf("label %d", label)
	}
	const longestName = 64 // characters of LO (PS3.5 table 6.2-1)
	if r := []rune(name); len(r) > longestName {
		name = string(r[:longestName])
	}
	tissue := code("85756007", "SCT", "Tissue")
	set := dicom.Set{}
	set.Sequence(0x00620003, tissue) // SegmentedPropertyCategoryCodeSequence
	set.Short(tagSegmentNumber, number)
	set.Text(tagSegmentLabel, "LO", s.encode(dicom.PlainText(name)))
	set.Text(0x00620008, "CS", "SEMIAUTOMATIC")
	set.Text(0x00620009, "LO", segmentAlgorithm)
	set.Sequence(0x0062000f, tissue) // SegmentedPropertyTypeCodeSequence
	set.Text(tagTrackingID, "UT", trackingPrefix+strconv.Itoa(int(label)))
	set.Text(tagTrackingUID, "UI", derivedUID(fmt.Sprintf("%s label %d", s.uid, label)))
	if rgb.A == 0 {
		rgb = shade(label)
	}
	lab := rgbToLab(rgb)
	set.Short(tagSegmentColor, lab[:]...)
	algorithm := dicom.Set{}
	algorithm.Sequence(0x0066002f, code("123110", "DCM", "Artificial Intelligence"))
	algorithm.Text(0x00660031, "LO", "2")
	algorithm.Text(0x00660036, "LO", segmentAlgorithm)
	set.Sequence(0x00620007, algorithm) // SegmentationAlgorithmIdentificationSequence
	return set
}

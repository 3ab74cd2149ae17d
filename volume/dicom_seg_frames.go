package volume

import (
	"slices"
	"strconv"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// sharedGroups returns the functional groups of all frames: pixel spacing, distance between slices, and orientation.
func (s *DICOMSeries) sharedGroups(geom Geometry) dicom.Set {
	measures := dicom.Set{}
	between := norm(geom.Affine.column(2))
	if n := cross(s.right, s.down); norm(n) > 0 { // along the normal: with a tilted gantry, slices are closer together than their origins
		step := geom.Affine.swapLPS().column(2)
		between = max(dot(step, n), -dot(step, n))
	}
	thickness := s.thickness
	if thickness == 0 {
		thickness = between
	}
	measures.Decimals(tagSliceThickness, thickness)
	measures.Decimals(tagSliceSpacing, between)
	measures.Decimals(tagPixelSpacing, s.spacing[1], s.spacing[0])
	orientation := dicom.Set{}
	orientation.Decimals(tagOrientation, append(slices.Clone(s.right[:]), s.down[:]...)...)
	shared := dicom.Set{}
	shared.Sequence(seqPixelMeasures, measures)
	shared.Sequence(seqPlaneOrientation, orientation)
	return shared
}

// frameGroups returns the functional groups of one frame: its segment, the instance and frame of its slice, and its position.
func (s *DICOMSeries) frameGroups(segment, slice, position int) dicom.Set {
	origin := s.slices[slice]
	source := reference(origin.class, origin.uid)
	source.Text(0x0028135a, "CS", "YES") // SpatialLocationsPreserved
	if origin.frame > 0 {
		source.Text(0x00081160, "IS", strconv.Itoa(origin.frame))
	}
	source.Sequence(0x0040a170, code("121322", "DCM", "Source image for image processing operation"))
	derivation := dicom.Set{}
	derivation.Sequence(0x00082112, source)
	derivation.Sequence(0x00089215, code("113076", "DCM", "Segmentation"))
	content, place, which := dicom.Set{}, dicom.Set{}, dicom.Set{}
	content.Long(0x00209157, segment, position) // DimensionIndexValues
	place.Decimals(tagPosition, origin.position[:]...)
	which.Short(tagReferencedSegment, segment)
	groups := dicom.Set{}
	groups.Sequence(0x00089124, derivation)
	groups.Sequence(seqFrameContent, content)
	groups.Sequence(seqPlanePosition, place)
	groups.Sequence(tagSegmentOfFrame, which)
	return groups
}

// segmentBits returns the functional groups of the frames of all segments, and their pixels, with one bit per pixel and no
// padding between frames (PS3.5 8.1.1).
func (l *LabelMap) segmentBits(s *DICOMSeries, labels []int32) (frames []dicom.Set, bits []byte) {
	area := l.Dim[0] * l.Dim[1]
	on := make([]map[int32]bool, l.Dim[2]) // labels on each slice
	used := 0                              // number of slices with labels
	rank := make([]int, l.Dim[2])          // of a slice among those, from 1
	for z := range on {
		on[z] = map[int32]bool{}
		for _, v := range l.Data[z*area : (z+1)*area] {
			if v != 0 {
				on[z][v] = true
			}
		}
		if len(on[z]) > 0 {
			used++
			rank[z] = used
		}
	}
	at := 0 // number of bits so far
	for i, label := range labels {
		for z := range on {
			if !on[z][label] {
				continue
			}
			frames = append(frames, s.frameGroups(i+1, z, rank[z]))
			bits = append(bits, make([]byte, (at+area+7)/8-len(bits))...)
			for k, v := range l.Data[z*area : (z+1)*area] {
				if v == label {
					bits[(at+k)/8] |= 1 << ((at + k) % 8)
				}
			}
			at += area
		}
	}
	return frames, bits
}

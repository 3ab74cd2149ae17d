package volume

import (
	"fmt"
	"os"
)

// ReadMask is ReadLabelMap for a mask that belongs to an image. It also reads contours (DICOM RTSTRUCT), which have no grid of
// their own, and fills them on the image's grid. Other masks keep their own grid; see OntoGrid.
func ReadMask(path string, image *Volume) (*LabelMap, error) {
	if contours, err := readContours(path); err != nil || contours != nil {
		if err != nil {
			return nil, fmt.Errorf("volume: read %s: DICOM contours: %w", path, err)
		}
		l, err := contours.fill(image)
		if err != nil {
			return nil, fmt.Errorf("volume: read %s: DICOM contours: %w", path, err)
		}
		l.Path = path
		return l, nil
	}
	return ReadLabelMap(path)
}

// readContours reads an RTSTRUCT file, nil if path is something else.
func readContours(path string) (*contourSet, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil // ReadLabelMap reports what is wrong
	}
	head, err := fileHead(path)
	if err != nil || sniff(path, head) != "dicom" {
		return nil, nil
	}
	d, err := loadDICOM(path)
	if err != nil || !isContours(d) {
		return nil, nil
	}
	return parseContours(d)
}

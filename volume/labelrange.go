package volume

import (
	"fmt"
	"math"
)

// CheckLabels returns the error that writing a map with these labels to path would meet because the format cannot hold
// one of them. Ask before a long computation, not after it.
func CheckLabels(path string, labels ...int32) error {
	format, err := outputFormat(path)
	if err != nil {
		return fmt.Errorf("volume: write %s: %w", path, err)
	}
	for _, label := range labels {
		if format == ".dcm" && (label < 0 || label > math.MaxUint16) {
			return fmt.Errorf("volume: write %s: label %d: a DICOM segmentation numbers its segments from 1 to %d, use .nii.gz instead or renumber it", path, label, math.MaxUint16)
		}
		if format == "stack" && (label < 0 || label > math.MaxUint16) {
			return fmt.Errorf("volume: write %s: label %d: PNG slices hold labels from 0 to %d, use .nii.gz instead or renumber it", path, label, math.MaxUint16)
		}
	}
	return nil
}

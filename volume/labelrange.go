package volume

import (
	"fmt"
	"math"
)

// CheckLabels returns the error that writing these labels to path would cause because the format cannot hold one of them. It is
// meant to be called before a long computation.
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

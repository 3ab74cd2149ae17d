package volume

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Stat reads the grid of an image or label map, but none of its voxels.
func Stat(path string) (Geometry, error) {
	src, err := openSource(path, asImage)
	if err != nil {
		return Geometry{}, fmt.Errorf("volume: read %s: %w", path, err)
	}
	defer src.close()
	return src.geom.orDefault(src.dim), nil
}

// SeriesUID is the SeriesInstanceUID of the first DICOM image in a folder.
func SeriesUID(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("volume: read %s: %w", folder, plainPathError(err))
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if !e.Type().IsRegular() {
			continue
		}
		head, err := fileHead(path)
		if err != nil || sniff(path, head) != "dicom" {
			continue // other files may lie beside the images
		}
		if f, frames, err := readDICOMFile(path); err == nil && len(frames) > 0 {
			return f.series, nil
		}
	}
	return "", fmt.Errorf("volume: read %s: %w", folder, errors.New("no DICOM image"))
}

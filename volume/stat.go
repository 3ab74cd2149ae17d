package volume

import "fmt"

// Stat reads the grid of an image or label map, but none of its voxels.
func Stat(path string) (Geometry, error) {
	src, err := openSource(path, asImage)
	if err != nil {
		return Geometry{}, fmt.Errorf("volume: read %s: %w", path, err)
	}
	defer src.close()
	return src.geom.orDefault(src.dim), nil
}

// SeriesUID returns the SeriesInstanceUID of the first DICOM image in a folder.
func SeriesUID(folder string) (string, error) {
	in, err := listFolder(folder)
	if err != nil {
		return "", fmt.Errorf("volume: read %s: %w", folder, err)
	}
	for _, path := range in.dicom {
		if f, frames, err := readDICOMFile(path); err == nil && len(frames) > 0 {
			return f.series, nil
		}
	}
	return "", fmt.Errorf("volume: read %s: the folder holds no DICOM image", folder)
}

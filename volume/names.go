package volume

import (
	"path/filepath"
	"strings"
)

// CutExtension splits a path's file name into the volume's name and its extension. ok is false if this package reads no volumes
// with such an extension. Folders have none, and single slices (PNG, DICOM) do not count as volumes.
func CutExtension(path string) (name, ext string, ok bool) {
	base := filepath.Base(path)
	for _, ext := range []string{".nii.gz", ".seg.nrrd", ".seg.dcm", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr", ".img.gz", ".hdr.gz", ".img"} { // the longest first
		if n := len(base) - len(ext); n > 0 && strings.EqualFold(base[n:], ext) {
			return base[:n], base[n:], true
		}
	}
	return "", "", false
}

// TrimFormat removes the extension that names a file's format from a path: "scan.nii.gz" and "scan.seg.nrrd" become "scan".
// A path without such an extension, such as that of a folder, is returned unchanged.
func TrimFormat(path string) string {
	if _, ext, ok := CutExtension(path); ok {
		return path[:len(path)-len(ext)]
	}
	if n := len(path) - len(".dcm"); n > 0 && strings.EqualFold(path[n:], ".dcm") {
		return path[:n]
	}
	return path
}

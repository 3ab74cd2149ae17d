package volume

import (
	"path/filepath"
	"strings"
)

// CutExtension splits the name of a volume's file, without its folders, from its extension as it is written; false if it
// has none that this package reads. Folders of slices have none, and single slices (PNG, DICOM) are no volumes by name.
func CutExtension(path string) (name, ext string, ok bool) {
	base := filepath.Base(path)
	for _, ext := range []string{".nii.gz", ".seg.nrrd", ".seg.dcm", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr", ".img.gz", ".hdr.gz", ".img"} { // longer ones first
		if n := len(base) - len(ext); n > 0 && strings.EqualFold(base[n:], ext) {
			return base[:n], base[n:], true
		}
	}
	return "", "", false
}

// TrimFormat takes the ending that names a file's format off a path: "scan.nii.gz" and "scan.seg.nrrd" become "scan".
// A path without such an ending, as that of a folder, is returned as it is.
func TrimFormat(path string) string {
	if _, ext, ok := CutExtension(path); ok {
		return path[:len(path)-len(ext)]
	}
	if n := len(path) - len(".dcm"); n > 0 && strings.EqualFold(path[n:], ".dcm") {
		return path[:n]
	}
	return path
}

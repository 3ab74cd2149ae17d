package volume

import (
	"path/filepath"
	"strings"
)

// CutExtension splits the name of a volume's file, without its folders, from its extension as it is written; false if it
// has none that this package reads. Folders of slices have none, and single slices (PNG, DICOM) are no volumes by name.
func CutExtension(path string) (name, ext string, ok bool) {
	base := filepath.Base(path)
	for _, ext := range []string{".nii.gz", ".seg.nrrd", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr", ".img.gz", ".hdr.gz", ".img"} { // longer ones first
		if n := len(base) - len(ext); n > 0 && strings.EqualFold(base[n:], ext) {
			return base[:n], base[n:], true
		}
	}
	return "", "", false
}

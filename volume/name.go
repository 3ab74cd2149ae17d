package volume

import "strings"

// TrimFormat takes the ending that names a file's format off a path: "scan.nii.gz" and "scan.seg.nrrd" become "scan".
// A path without such an ending, as that of a folder, is returned as it is.
func TrimFormat(path string) string {
	lower := strings.ToLower(path)
	for _, ending := range []string{".nii.gz", ".nii", ".hdr", ".img", ".seg.dcm", ".dcm", ".seg.nrrd", ".nrrd", ".nhdr", ".mha", ".mhd"} {
		if strings.HasSuffix(lower, ending) {
			return path[:len(path)-len(ending)]
		}
	}
	return path
}

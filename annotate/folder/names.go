package folder

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// extensions lists the extensions of files that can hold a volume, longest first.
var extensions = []string{".nii.gz", ".nrrd", ".nii", ".mha"}

// Extension returns the extension of a file that can hold a volume, such as ".nii.gz", in lower case; empty for any other
// file name.
func Extension(name string) string {
	lower := strings.ToLower(name)
	for _, ext := range extensions {
		if strings.HasSuffix(lower, ext) {
			return ext
		}
	}
	return ""
}

// split splits a file name into the volume's name, unescaped, and the extension.
func split(name string) (id, ext string) {
	ext = Extension(name)
	if ext == "" {
		return "", ""
	}
	id = name[:len(name)-len(ext)]
	if plain, err := url.PathUnescape(id); err == nil && plain != id {
		if back, err := fileName(plain, ext); err == nil && back == name {
			id = plain
		}
	}
	return id, ext
}

// maxName bounds a volume's name, in bytes: even with every byte escaped, the file name stays short enough.
const maxName = 80

// fileName returns the file name for a volume's name: letters, digits and a few other characters as they are, everything
// else as %XX. Names that contain separators or control characters, or that begin with a dot, are refused.
func fileName(id, ext string) (string, error) {
	if id == "" || len(id) > maxName || !utf8.ValidString(id) || id[0] == '.' || strings.ContainsAny(id, `/\`) || strings.ContainsFunc(id, unicode.IsControl) {
		return "", annotate.Inputf("%.100q cannot be the name of a volume: want 1 to %d bytes without slashes, and no leading dot", id, maxName)
	}
	var b strings.Builder
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.+ ", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String() + ext, nil
}

package checkpoint

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// OfficialURL is the folder of the published SAM 2.1 checkpoints.
const OfficialURL = "https://dl.fbaipublicfiles.com/segment_anything_2/092824/"

// Entry is one published checkpoint.
type Entry struct {
	Name   string // short name: "tiny"
	File   string // name of the file in the folder at the URL
	Size   int64  // bytes
	SHA256 string // lower-case hexadecimal
}

// URL is where the file is, in the folder base or, if that is empty, in the folder of the published checkpoints.
func (e Entry) URL(base string) string {
	return strings.TrimSuffix(cmp.Or(base, OfficialURL), "/") + "/" + e.File
}

// Official lists the published SAM 2.1 checkpoints, smallest first.
func Official() []Entry {
	return []Entry{
		{"tiny", "sam2.1_hiera_tiny.pt", 156008466, "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69"},
		{"small", "sam2.1_hiera_small.pt", 184416285, "6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38"},
		{"base_plus", "sam2.1_hiera_base_plus.pt", 323606802, "a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5"},
		{"large", "sam2.1_hiera_large.pt", 898083611, "2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318"},
	}
}

// FindOfficial returns the entry with a short name or a file name. "base+" means
// "base_plus".
func FindOfficial(name string) (Entry, error) {
	wanted := strings.ReplaceAll(strings.ToLower(name), "+", "_plus")
	for _, e := range Official() {
		if wanted == e.Name || wanted == e.File || wanted+".pt" == e.File {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("checkpoint: no official weights are named %q; want one of %s", name, strings.Join(OfficialNames(), ", "))
}

// OfficialNames returns the short names of the published checkpoints, smallest first.
func OfficialNames() (names []string) {
	for _, e := range Official() {
		names = append(names, e.Name)
	}
	return names
}

// CacheDir returns the folder for downloaded weights: slmsam in the user's cache folder.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("checkpoint: no cache folder: %w; name a folder", err)
	}
	return filepath.Join(dir, "slmsam"), nil
}

// Verify compares the SHA-256 of the file at path with the published ones. If it is a
// published checkpoint, whatever its name, ok is true and entry is that checkpoint. If it
// only has the name of one, ok is false and entry is the checkpoint of that name.
func Verify(path string) (entry Entry, ok bool, err error) {
	sum, err := SHA256(path)
	if err != nil {
		return Entry{}, false, err
	}
	for _, e := range Official() {
		if e.SHA256 == sum {
			return e, true, nil
		}
		if e.File == filepath.Base(path) {
			entry = e
		}
	}
	return entry, false, nil
}

// Pulled returns the path of official weights in the cache folder, by their short name or file name. It is an error if they
// have not been downloaded.
func Pulled(name string) (string, error) {
	entry, err := FindOfficial(name)
	if err != nil {
		return "", fmt.Errorf("checkpoint: %s: no such file, nor the name of official weights (%s)", name, strings.Join(OfficialNames(), ", "))
	}
	dir, err := CacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, entry.File)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("checkpoint: the weights %s are not downloaded yet: run \"slmsam weights pull %s\" (looked for %s)", name, entry.Name, path)
	}
	return path, nil
}

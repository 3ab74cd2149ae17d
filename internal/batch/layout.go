package batch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// firstChannel ends the name of an nnU-Net image: its first channel, the only one that is used.
const firstChannel = "_0000"

// bare is a path without the ending of its format, and bareName its last element.
func bare(path string) string     { return volume.TrimFormat(filepath.Clean(path)) }
func bareName(path string) string { return filepath.Base(bare(path)) }

// listFolder lists the images of an nnU-Net folder that have a mask, by name.
func listFolder(dir string, opt Options) (cases []Case, notes []string, err error) {
	split, err := chooseSplit(dir, opt.Split)
	if err != nil {
		return nil, nil, err
	}
	images, err := byName(filepath.Join(dir, "images"+split), true)
	if err != nil {
		return nil, nil, err
	}
	masks, err := byName(filepath.Join(dir, "labels"+split), false)
	if err != nil {
		return nil, nil, err
	}
	var unmasked, orphans []string
	for _, name := range sortedKeys(images) {
		if mask, ok := masks[name]; ok {
			cases = append(cases, Case{Image: images[name], Mask: mask, Output: name + opt.Format})
		} else {
			unmasked = append(unmasked, name)
		}
	}
	for _, name := range sortedKeys(masks) {
		if _, ok := images[name]; !ok {
			orphans = append(orphans, name)
		}
	}
	if len(unmasked) > 0 {
		notes = append(notes, fmt.Sprintf("%d images without a mask in labels%s were left out: %s", len(unmasked), split, some(unmasked)))
	}
	if len(orphans) > 0 {
		notes = append(notes, fmt.Sprintf("%d masks without an image in images%s were left out: %s", len(orphans), split, some(orphans)))
	}
	return cases, notes, nil
}

// chooseSplit finds out whether the training or the test folders are meant.
func chooseSplit(dir, asked string) (string, error) {
	candidates := []string{"Ts", "Tr"}
	if asked != "" {
		candidates = []string{asked}
	}
	for _, split := range candidates {
		images, err := exists(filepath.Join(dir, "images"+split))
		if err != nil {
			return "", err
		}
		masks, err := exists(filepath.Join(dir, "labels"+split))
		if err != nil {
			return "", err
		}
		if images && masks {
			return split, nil
		}
	}
	if asked != "" {
		return "", fmt.Errorf("it does not have the folders images%s and labels%s", asked, asked)
	}
	return "", errors.New("want a folder with images in imagesTr or imagesTs and masks of the same names in labelsTr or labelsTs, or a CSV file")
}

// byName lists a folder's volumes under their case's name. Of images only the first channel counts; files that are
// hidden or of other kinds are passed over.
func byName(dir string, images bool) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range entries {
		file := e.Name()
		name := volume.TrimFormat(file)
		isSeries := name == file && e.IsDir() // a DICOM series or a stack of pictures
		if strings.HasPrefix(file, ".") || strings.HasSuffix(file, ".slmsam.json") || (name == file && !isSeries) || strings.EqualFold(filepath.Ext(file), ".img") {
			continue
		}
		if images {
			if laterChannel(name) {
				continue
			}
			name = strings.TrimSuffix(name, firstChannel)
		}
		if other, ok := found[name]; ok {
			return nil, fmt.Errorf("%s and %s are both named %s", other, filepath.Join(dir, file), name)
		}
		found[name] = filepath.Join(dir, file)
	}
	return found, nil
}

// laterChannel says whether an image's name ends in _0001 to _9999.
func laterChannel(name string) bool {
	at := strings.LastIndexByte(name, '_')
	if at < 0 || len(name)-at != len(firstChannel) || name[at:] == firstChannel {
		return false
	}
	return strings.Trim(name[at+1:], "0123456789") == ""
}

// some names the first few.
func some(names []string) string {
	const shown = 5
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

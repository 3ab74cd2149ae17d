package volume

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// folderFiles lists what a folder holds, by kind: files with their paths, and the names of subfolders.
type folderFiles struct {
	dicom, pictures, volumes []string
	folders                  []string
	aside                    leftOut
}

// listFolder lists the files of a folder by kind. Links are followed.
func listFolder(path string) (*folderFiles, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	in := &folderFiles{}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		info, err := os.Stat(name)
		switch {
		case strings.HasPrefix(e.Name(), "."):
			if err == nil && info.Mode().IsRegular() {
				in.aside.add("hidden file", e.Name())
			}
		case err == nil && info.IsDir():
			in.folders = append(in.folders, e.Name())
		case err != nil || !info.Mode().IsRegular():
			in.aside.add("not a file", e.Name())
		case strings.EqualFold(e.Name(), "DICOMDIR"):
			in.aside.add("DICOM directory", e.Name())
		default:
			if err := in.add(name); err != nil {
				return nil, err
			}
		}
	}
	return in, nil
}

// add adds a file by its kind, which its content and name tell.
func (in *folderFiles) add(name string) error {
	head, err := fileHead(name)
	if err != nil {
		return err
	}
	switch sniff(name, head) {
	case "dicom":
		in.dicom = append(in.dicom, name)
	case "stack":
		in.pictures = append(in.pictures, name)
	case "nifti", "nrrd", "mha":
		if image, ok := replaceExt(name, ".img", ".hdr"); ok {
			if _, err := os.Stat(image); err == nil {
				return nil // the other file of a pair, whose header counts
			}
		}
		in.volumes = append(in.volumes, name)
	default:
		in.aside.add("no image", filepath.Base(name))
	}
	return nil
}

// maxFolderDepth bounds how many nested folders are entered that hold nothing but a folder.
const maxFolderDepth = 8

// openFolder opens a folder of DICOM files or of PNG/JPEG slices, or the only volume in it. Whatever else it holds is named in
// the notes.
func openFolder(path string, why purpose, depth int) (*source, error) {
	in, err := listFolder(path)
	if err != nil {
		return nil, err
	}
	var src *source
	switch {
	case len(in.dicom) > 0 && len(in.pictures) > len(in.dicom):
		return nil, fmt.Errorf("the folder holds both DICOM files (%d) and PNG/JPEG images (%d): keep one kind", len(in.dicom), len(in.pictures))
	case len(in.dicom) > 0:
		in.leaveOut("PNG or JPEG picture", in.pictures)
		in.leaveOut("another volume", in.volumes)
		src, err = openDICOM(in.dicom, why)
		if errors.Is(err, errImageless) && len(in.folders) > 0 {
			src, err = openInside(path, in, why, depth)
		}
	case len(in.pictures) > 0:
		in.leaveOut("another volume", in.volumes)
		src, err = openStack(in.pictures, why)
	case len(in.volumes) == 1:
		if src, err = openSource(in.volumes[0], why); src != nil {
			src.notes = append(src.notes, "read from the only volume in the folder, "+filepath.Base(in.volumes[0]))
		}
	case len(in.volumes) > 1:
		return nil, fmt.Errorf("the folder holds %d volumes: choose one (%s)", len(in.volumes), shortList(baseNames(in.volumes)))
	case len(in.folders) > 0:
		src, err = openInside(path, in, why, depth)
	default:
		return nil, errors.New("the folder holds no DICOM files and no PNG/JPEG slices")
	}
	if err != nil {
		return nil, err
	}
	for _, name := range in.folders {
		in.aside.add("folder", name)
	}
	src.notes = append(src.notes, in.aside.notes()...)
	return src, nil
}

// openInside opens the only subfolder of a folder that holds no image itself.
func openInside(path string, in *folderFiles, why purpose, depth int) (*source, error) {
	if len(in.folders) > 1 || depth == maxFolderDepth {
		return nil, fmt.Errorf("the folder holds no DICOM images or PNG/JPEG slices itself: choose one of its subfolders (%s)", shortList(in.folders))
	}
	name := in.folders[0]
	src, err := openFolder(filepath.Join(path, name), why, depth+1)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	in.folders = nil
	src.notes = append(src.notes, "read from the only folder in it, "+name)
	return src, nil
}

// leaveOut notes files that are not used.
func (in *folderFiles) leaveOut(kind string, paths []string) {
	for _, name := range baseNames(paths) {
		in.aside.add(kind, name)
	}
}

// baseNames returns the names of files without their folders.
func baseNames(paths []string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
	}
	return names
}

// shortList joins names, and abbreviates a long list.
func shortList(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

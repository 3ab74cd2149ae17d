package volume

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// purpose says what a file is read for; it only matters to PNG stacks, where a palette means
// colours in an image and label numbers in a mask.
type purpose int

const (
	asImage purpose = iota
	asLabels
)

// source is an opened file or folder: its grid, and its voxels as a stream.
type source struct {
	dim      [3]int
	geom     Geometry
	format   string
	modality string
	legend   map[int32]Label // names and colors of a label map
	notes    []string        // see Volume.Notes
	// proven is how many voxels the input is certain to hold; capacity reserves no more than that,
	// so that a header cannot make the program allocate what its file does not contain.
	proven int
	// voxels hands every voxel, rescaled and in file order, to emit, some at a time.
	voxels func(emit func(values []float64) error) error
	closer io.Closer
}

func (s *source) capacity() int { return min(s.proven, s.dim[0]*s.dim[1]*s.dim[2]) }

func (s *source) close() {
	if s.closer != nil {
		_ = s.closer.Close() // opened for reading: nothing can be lost
	}
}

// openSource finds out what path is, by content where the format has a signature and by name where
// it has none, and opens it.
func openSource(path string, why purpose) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	if info.IsDir() {
		return openFolder(path, why)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	head, err := fileHead(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	switch sniff(path, head) {
	case "nifti":
		return openNIfTI(path)
	case "nrrd":
		return openNRRD(path)
	case "mha":
		return openMHA(path)
	case "dicom":
		return openDICOM([]string{path})
	case "stack":
		return openStack([]string{path}, why)
	}
	if len(head) == 0 {
		return nil, errors.New("the file is empty")
	}
	return nil, errors.New("not a volume that can be read: expected NIfTI (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd), DICOM, or PNG/JPEG slices")
}

// openFolder opens a folder of DICOM files or of PNG/JPEG slices.
func openFolder(path string, why purpose) (*source, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	var dicom, images, folders []string
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if strings.HasPrefix(e.Name(), ".") || strings.EqualFold(e.Name(), "DICOMDIR") {
			continue
		}
		info, err := os.Stat(name) // follows links
		if err != nil || !info.Mode().IsRegular() {
			if err == nil && info.IsDir() {
				folders = append(folders, e.Name())
			}
			continue
		}
		head, err := fileHead(name)
		if err != nil {
			return nil, err
		}
		switch sniff(name, head) {
		case "dicom":
			dicom = append(dicom, name)
		case "stack":
			images = append(images, name)
		}
	}
	switch {
	case len(dicom) > 0 && len(images) > 0:
		return nil, fmt.Errorf("the folder holds both DICOM files (%d) and PNG/JPEG images (%d): keep one kind", len(dicom), len(images))
	case len(dicom) > 0:
		return openDICOM(dicom)
	case len(images) > 0:
		return openStack(images, why)
	case len(folders) > 0:
		return nil, fmt.Errorf("the folder holds no DICOM files or PNG/JPEG slices itself: give one of its subfolders (%s)", strings.Join(folders[:min(len(folders), 5)], ", "))
	}
	return nil, errors.New("the folder holds no DICOM files and no PNG/JPEG slices")
}

// sniffLength covers the NIfTI header's magic (byte 344) and the DICOM signature (byte 128).
const sniffLength = 352

// fileHead returns the first bytes of a file, uncompressed if it is a gzip file.
func fileHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, sniffLength)
	n, err := io.ReadFull(f, buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return buf[:n], nil
}

// sniff names the format of a file from its first bytes and its name, "" if it is none of ours.
func sniff(path string, head []byte) string {
	name := strings.ToLower(filepath.Base(path))
	ext := filepath.Ext(name)
	switch {
	case bytes.HasPrefix(head, []byte("NRRD")):
		return "nrrd"
	case bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return "stack"
	case isDICOM(head):
		return "dicom"
	case isGzip(head), hasNIfTISize(head):
		return "nifti"
	}
	switch ext {
	case ".nii", ".hdr", ".img":
		return "nifti"
	case ".nrrd", ".nhdr":
		return "nrrd"
	case ".mha", ".mhd":
		return "mha"
	case ".dcm", ".ima", ".dicom":
		return "dicom"
	case ".png", ".jpg", ".jpeg":
		return "stack"
	}
	return ""
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }

func hasNIfTISize(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	_, _, ok := niftiVersion(head)
	return ok
}

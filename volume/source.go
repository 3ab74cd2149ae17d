package volume

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// purpose says what a file is read for. It matters for PNG stacks, whose palettes are colors in an image
// and label numbers in a mask, and for folders that hold both images and segmentations.
type purpose int

const (
	asImage purpose = iota
	asLabels
)

// source is an open file or folder: its grid, and its voxels as a stream.
type source struct {
	dim      [3]int
	geom     Geometry
	format   string
	modality string
	legend   map[int32]Label // names and colors of a label map
	notes    []string        // see Volume.Notes
	sparse   bool            // see LabelMap.sparse
	// proven is the number of voxels that the input certainly holds. No more are allocated in advance,
	// so that a header cannot make the program allocate memory for voxels that its file does not have.
	proven int
	// voxels passes all voxels, rescaled and in file order, to emit in several parts.
	voxels func(emit func(values []float64) error) error
	closer io.Closer
}

// capacity is the number of voxels to allocate in advance.
func (s *source) capacity() int { return min(s.proven, s.dim[0]*s.dim[1]*s.dim[2]) }

func (s *source) close() {
	if s.closer != nil {
		_ = s.closer.Close() // opened for reading: nothing can be lost
	}
}

// openSource opens a file or folder. It recognizes formats by their signatures or, if they have none, by the
// file's name.
func openSource(path string, why purpose) (*source, error) {
	src, err := openAny(path, why)
	if err != nil {
		return nil, err
	}
	if err := src.geom.Check(); err != nil {
		src.close()
		return nil, err
	}
	return src, nil
}

// openAny is openSource without the check of the grid.
func openAny(path string, why purpose) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	if info.IsDir() {
		return openFolder(path, why, 0)
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
		return openDICOM([]string{path}, why)
	case "stack":
		return openStack([]string{path}, why)
	}
	switch {
	case len(head) == 0:
		return nil, errors.New("the file is empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, errors.New("the file is a ZIP archive: unpack it first, and give the folder or file in it")
	}
	return nil, errors.New("not a volume that can be read: expected NIfTI (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd), DICOM, or PNG/JPEG slices")
}

package volume

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// dicomFile holds what a file's header says about all of its frames.
type dicomFile struct {
	path     string
	series   string // SeriesInstanceUID
	name     string // series description
	modality string
	class    string // SOP class UID
	instance string // SOP instance UID
	kind     []string
	color    bool
	unfit    error     // why its pixels cannot be decoded; nil if they can
	owner    dicom.Set // elements that a segmentation of the series must repeat
}

// base returns the file's name without its folder.
func (f *dicomFile) base() string { return filepath.Base(f.path) }

// maxDICOMFile bounds the size of a file, including multi-frame images, in bytes.
const maxDICOMFile = 1 << 32

// loadDICOM reads and parses a file, which may be gzipped.
func loadDICOM(path string) (*dicom.DataSet, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	if info.Size() > maxDICOMFile {
		return nil, fmt.Errorf("a DICOM file of %d bytes is too large: convert the series to NIfTI first (for example dcm2niix)", info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	if isGzip(raw) {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		z.Multistream(false) // anything after the first member is padding
		if raw, err = io.ReadAll(io.LimitReader(z, maxDICOMFile)); err != nil {
			return nil, fmt.Errorf("gzip: %w: damaged or truncated file", err)
		}
	}
	return dicom.Parse(raw)
}

// readDICOMFile reads the header of a file, and returns its frames in file order, none if it holds no image. It does not keep the
// pixels.
func readDICOMFile(path string) (*dicomFile, []*dicomFrame, error) {
	d, err := loadDICOM(path)
	if err != nil {
		return nil, nil, err
	}
	f := &dicomFile{path: path, series: d.Text(tagSeriesUID), name: d.Text(tagSeriesName), modality: d.Text(tagModality),
		class: d.Text(dicom.TagSOPClass), instance: d.Text(dicom.TagSOPInstance), kind: d.Texts(tagImageType)}
	if f.class == "" {
		f.class = d.Text(dicom.TagMetaClass)
	}
	if !d.HasImage() {
		return f, nil, nil
	}
	p, err := d.Pixels()
	if err != nil {
		return nil, nil, err
	}
	f.color, f.unfit = p.Color(), p.Check()
	if f.kindIs("MOSAIC") && p.Frames == 1 {
		f.unfit = errors.New("a Siemens mosaic: the slices are tiles of one picture; convert the series first (for example dcm2niix)")
	}
	f.owner = seriesOwner(d)
	frames, err := readFrames(d, f, p)
	return f, frames, err
}

// SOP classes of files that are not images.
const (
	classRTStruct  = "1.2.840.10008.5.1.4.1.1.481.3"
	classDirectory = "1.2.840.10008.1.3.10"
)

// segmentationClasses are the SOP classes of segmentations: with a frame per segment and slice, and as a label map.
var segmentationClasses = []string{"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}

func (f *dicomFile) segmentation() bool {
	return f.class == segmentationClasses[0] || f.class == segmentationClasses[1]
}

// kindIs reports whether the image type (0008,0008) contains a word.
func (f *dicomFile) kindIs(word string) bool {
	return slices.ContainsFunc(f.kind, func(k string) bool { return strings.EqualFold(k, word) })
}

// aside says what a file is if it cannot belong to a stack of slices; "" if it can.
func (f *dicomFile) aside(frames int) string {
	switch {
	case f.segmentation():
		return "segmentation"
	case frames == 0:
		return "no image"
	case f.modality == "RTDOSE":
		return "radiotherapy dose"
	case f.color:
		return "color picture"
	case f.kindIs("LOCALIZER"), f.kindIs("SCOUT"), f.kindIs("TOPOGRAM"):
		return "localizer"
	case strings.HasPrefix(f.class+".", "1.2.840.10008.5.1.4.1.1.7."): // scanned pictures and screenshots
		return "secondary capture"
	}
	return ""
}

// what describes a file without an image.
func (f *dicomFile) what() string {
	switch {
	case f.class == classRTStruct:
		return "RTSTRUCT, contours"
	case f.class == classDirectory:
		return "a DICOM directory (DICOMDIR): give the folder with the images that it lists"
	case f.modality != "":
		return f.modality
	case f.class != "":
		return "class " + f.class
	}
	return "no image"
}

package volume

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// openDICOM opens the files of a folder, or a single file, as the one series they hold, with its slices sorted along their
// normal. Files that do not belong to the series are left out and named in the notes.
func openDICOM(paths []string, why purpose) (*source, error) {
	files, err := readDICOMFiles(paths)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %w", err)
	}
	if seg, err := onlySegmentation(files, why); seg != "" || err != nil {
		if err == nil {
			var src *source
			if src, err = openSegmentation(seg); err == nil {
				return src, nil
			}
		}
		return nil, fmt.Errorf("DICOM segmentation: %w", err)
	}
	stack, notes, err := chooseStack(files)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %w", err)
	}
	src, err := openStackOf(stack, notes)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %w", err)
	}
	return src, nil
}

// onlySegmentation returns the path of the segmentation to open; "" if an image is meant. In a folder that also has images, a
// segmentation is meant only if a mask is wanted.
func onlySegmentation(files []framesOf, why purpose) (string, error) {
	var found []string
	others := false
	for _, f := range files {
		if f.file.segmentation() {
			found = append(found, f.file.path)
		} else if len(f.frames) > 0 {
			others = true
		}
	}
	switch {
	case len(found) == 0, others && why == asImage:
		return "", nil
	case len(found) > 1:
		return "", fmt.Errorf("the folder holds %d segmentations: choose one (%s)", len(found), shortList(baseNames(found)))
	}
	return found[0], nil
}

// framesOf is a file with the frames it holds.
type framesOf struct {
	file   *dicomFile
	frames []*dicomFrame
}

// readDICOMFiles reads the headers of all files.
func readDICOMFiles(paths []string) ([]framesOf, error) {
	var files []framesOf
	for _, path := range paths {
		f, frames, err := readDICOMFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		files = append(files, framesOf{f, frames})
	}
	return files, nil
}

// openStackOf returns a source for the frames of a stack.
func openStackOf(stack []*dicomFrame, notes []string) (*source, error) {
	for _, s := range stack {
		if s.file.unfit != nil {
			return nil, fmt.Errorf("%s: %w", s.file.base(), s.file.unfit)
		}
	}
	stack, more, err := dropCopies(stack)
	if err != nil {
		return nil, err
	}
	notes = append(notes, more...)
	step, more, err := sortSlices(stack)
	if err != nil {
		return nil, err
	}
	first := stack[0]
	notes = append(notes, more...)
	if first.estimated != "" {
		notes = append(notes, first.estimated)
	}
	src := &source{dim: [3]int{first.cols, first.rows, len(stack)}, format: "dicom", modality: first.file.modality, notes: notes}
	n, err := checkDim(src.dim)
	if err != nil {
		return nil, err
	}
	a := affineFromColumns(scale(first.right, first.spacing[0]), scale(first.down, first.spacing[1]), step, first.position).swapLPS()
	src.geom = GeometryFromAffine(src.dim, a)
	src.geom.Nominal = !first.placed
	src.geom.DICOM = seriesOf(stack)
	src.proven = min(n, 1<<24) // the voxels are appended slice by slice, and each file is checked against its own size
	src.voxels = func(emit func([]float64) error) error {
		return eachFrame(stack, func(_ int, s *dicomFrame, values []float64) error {
			for i, x := range values {
				values[i] = x*s.slope + s.inter
			}
			return emit(values)
		})
	}
	return src, nil
}

// chooseStack returns the frames of the one stack that the files hold, with notes on what was left out.
func chooseStack(files []framesOf) (stack []*dicomFrame, notes []string, err error) {
	aside := leftOut{}
	var groups []*frameGroup
	for _, f := range files {
		switch what := f.file.aside(len(f.frames)); what {
		case "":
			groups = addFrames(groups, f.frames)
		case "no image":
			aside.add(f.file.what(), f.file.base())
		default:
			aside.add(what, f.file.base())
		}
	}
	if len(groups) == 0 { // so a localizer, a dose or a segmentation may be meant
		return chooseAmongAside(files)
	}
	main, small, err := mainGroup(groups)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range small {
		for _, s := range g.frames {
			aside.add(g.describe(), s.name())
		}
	}
	return main.frames, aside.notes(), nil
}

// chooseAmongAside returns the one stack among files that would be left out next to a series.
func chooseAmongAside(files []framesOf) ([]*dicomFrame, []string, error) {
	var groups []*frameGroup
	aside := leftOut{}
	for _, f := range files {
		if len(f.frames) == 0 {
			aside.add(f.file.what(), f.file.base())
		} else {
			groups = addFrames(groups, f.frames)
		}
	}
	if len(groups) == 0 {
		return nil, nil, errNoImage(files)
	}
	gray := slices.DeleteFunc(slices.Clone(groups), func(g *frameGroup) bool { return g.frames[0].file.color })
	if len(gray) > 0 {
		groups = gray
	}
	main, small, err := mainGroup(groups)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range small {
		aside.add(g.describe(), g.frames[0].name())
	}
	return main.frames, aside.notes(), nil
}

// errImageless is wrapped by the error for files that hold no image.
var errImageless = errors.New("hold no image")

// errNoImage returns the error for files that hold no image, which says what they are instead.
func errNoImage(files []framesOf) error {
	var found []string
	for _, f := range files {
		if what := f.file.what(); !slices.Contains(found, what) {
			found = append(found, what)
		}
	}
	if slices.Contains(found, "RTSTRUCT, contours") {
		return errors.New("the file holds contours (RTSTRUCT), not an image: give it as --mask, with the image series that it was drawn on")
	}
	return fmt.Errorf("the files %w (%s)", errImageless, strings.Join(found, "; "))
}

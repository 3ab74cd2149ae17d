package volume

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// WriteOptions says how a file is written.
type WriteOptions struct {
	Force bool // replace an existing file
}

// samples is an array of voxels to be written.
type samples struct {
	geom     Geometry
	kind     sampleKind
	n        int
	at       func(i int) float64
	what     string    // description for the header
	labels   *LabelMap // nil for an image
	segments bool      // write the fields of a Slicer segmentation
}

// WriteLabelMap writes a label map in the format that path's extension names: .nii, .nii.gz, .nrrd, .mha,
// .seg.nrrd (3D Slicer's segmentation, with names and colors), .dcm (a DICOM segmentation, for maps on the
// grid of a DICOM series), or no extension for a folder of PNG slices. The voxels have the smallest integer type that
// holds them. A NIfTI frame that was read from the image is written back verbatim. The file appears
// whole or not at all (it is renamed when complete); an existing file is an error unless opt.Force is set.
func WriteLabelMap(path string, l *LabelMap, opt WriteOptions) error {
	if n, err := checkDim(l.Dim); err != nil || n != len(l.Data) {
		return fmt.Errorf("volume: write %s: %d labels for a %v grid", path, len(l.Data), l.Dim)
	}
	s := &samples{geom: l.Geom.orDefault(l.Dim), kind: labelKind(l.Data), n: len(l.Data), what: "slmsam label map",
		at: func(i int) float64 { return float64(l.Data[i]) }, labels: l}
	return s.write(path, opt)
}

// WriteVolume writes an image like WriteLabelMap, as int16 if all values are integers that fit, else as
// float32.
func WriteVolume(path string, v *Volume, opt WriteOptions) error {
	if n, err := checkDim(v.Dim); err != nil || n != len(v.Data) {
		return fmt.Errorf("volume: write %s: %d voxels for a %v grid", path, len(v.Data), v.Dim)
	}
	s := &samples{geom: v.Geom.orDefault(v.Dim), kind: imageKind(v.Data), n: len(v.Data), what: "slmsam image",
		at: func(i int) float64 { return float64(v.Data[i]) }}
	return s.write(path, opt)
}

// outputFormat returns the format of an output path, by its extension.
func outputFormat(path string) (string, error) {
	name := strings.ToLower(filepath.Base(path))
	for _, ext := range []string{".nii", ".nii.gz", ".seg.nrrd", ".nrrd", ".mha", ".dcm"} {
		if strings.HasSuffix(name, ext) {
			return ext, nil
		}
	}
	switch {
	case name == "-":
		return "", errors.New("cannot write to standard output: give a file name")
	case name == "." || name == ".." || name == string(filepath.Separator):
		return "", errors.New("this is an existing folder: give the name of a file or of a new folder")
	case filepath.Ext(name) == "":
		return "stack", nil
	}
	return "", fmt.Errorf("unknown extension %s, want .nii, .nii.gz, .nrrd, .seg.nrrd, .mha, .dcm, or none for a folder of PNG slices", filepath.Ext(name))
}

// CheckOutput returns the error that writing to path would cause because of its name, because it exists,
// or because a file cannot be created there. It is meant to be called before a long computation.
func CheckOutput(path string, opt WriteOptions) error {
	format, err := outputFormat(path)
	if err == nil && format == "stack" {
		err = checkStackTarget(path, opt)
	} else if err == nil {
		err = checkTarget(path, opt)
	}
	if err == nil {
		err = wholefile.Probe(path)
	}
	if err != nil {
		return fmt.Errorf("volume: write %s: %w", path, err)
	}
	return nil
}

// CheckFormat returns the error that writing labels on a grid to path would cause because of the format, which the name determines:
// a DICOM segmentation requires a DICOM series to refer to.
func CheckFormat(path string, grid Geometry) error {
	format, err := outputFormat(path)
	if err == nil && format == ".dcm" {
		err = grid.checkSegmentable()
	}
	if err != nil {
		return fmt.Errorf("volume: write %s: %w", path, err)
	}
	return nil
}

// write writes the format that path's extension names.
func (s *samples) write(path string, opt WriteOptions) error {
	format, err := outputFormat(path)
	if err == nil {
		switch format {
		case ".nii":
			err = writeFile(path, opt, s.writeNIfTI)
		case ".nii.gz":
			err = writeFile(path, opt, func(w io.Writer) error { return gzipped(w, s.writeNIfTI) })
		case ".nrrd", ".seg.nrrd":
			s.segments = format == ".seg.nrrd" && s.labels != nil
			err = writeFile(path, opt, s.writeNRRD)
		case ".mha":
			err = writeFile(path, opt, s.writeMHA)
		case ".dcm":
			if s.labels == nil {
				return fmt.Errorf("volume: write %s: images are not written as DICOM: choose .nii.gz, .nrrd or .mha", path)
			}
			err = writeFile(path, opt, func(w io.Writer) error { return s.labels.writeSegmentation(w, time.Now()) })
		default:
			err = s.writeStack(path, opt)
		}
	}
	if err != nil {
		return fmt.Errorf("volume: write %s: %w", path, err)
	}
	return nil
}

// writeVoxels writes all samples, little-endian, in file order.
func (s *samples) writeVoxels(w io.Writer) error {
	const chunk = 1 << 15
	size := s.kind.size()
	raw := make([]byte, chunk*size)
	for done := 0; done < s.n; {
		m := min(chunk, s.n-done)
		for i := range m {
			s.kind.put(raw[i*size:], s.at(done+i))
		}
		if _, err := w.Write(raw[:m*size]); err != nil {
			return err
		}
		done += m
	}
	return nil
}

// writeFile writes a file that appears whole or not at all.
func writeFile(path string, opt WriteOptions, body func(io.Writer) error) error {
	if err := checkTarget(path, opt); err != nil {
		return err
	}
	return plainPathError(wholefile.Write(path, func(w io.Writer) error {
		if err := body(w); err != nil {
			return err
		}
		return checkTarget(path, opt) // something may have appeared in the meantime
	}))
}

// checkTarget refuses a folder, and an existing file unless Force is set.
func checkTarget(path string, opt WriteOptions) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return plainPathError(err)
	}
	if info.IsDir() {
		return errors.New("a folder with that name exists")
	}
	if !opt.Force {
		return fmt.Errorf("%w: pass --force to replace it", fs.ErrExist)
	}
	return nil
}

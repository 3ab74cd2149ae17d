package volume

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// openNIfTI opens a single file (.nii, .nii.gz) or a header/image pair by the name of either file.
func openNIfTI(path string) (*source, error) {
	headerPath := path
	if name, ok := replaceExt(path, ".img", ".hdr"); ok {
		headerPath = name
	}
	in, err := openInput(headerPath)
	if err != nil {
		return nil, fmt.Errorf("NIfTI header %s: %w", filepath.Base(headerPath), err)
	}
	src, err := niftiSource(in, headerPath)
	if err != nil {
		in.Close()
		return nil, err
	}
	return src, nil
}

// niftiSource reads the header from in. On success the source owns in or has closed it.
func niftiSource(in *input, headerPath string) (*source, error) {
	raw := make([]byte, nifti2Size)
	got, err := io.ReadFull(in, raw[:nifti1Size])
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, fmt.Errorf("NIfTI header: %w", err)
	}
	if version, _, ok := niftiVersion(raw); ok && version == 2 && got == nifti1Size {
		more, _ := io.ReadFull(in, raw[got:]) // parseNIfTI reports a short header
		got += more
	}
	h, err := parseNIfTI(raw[:got])
	if err != nil {
		return nil, err
	}
	src, err := h.source()
	if err != nil {
		return nil, err
	}
	start, err := h.dataStart()
	if err != nil {
		return nil, err
	}
	skip := start - int64(got)
	if h.pair {
		image, err := openPairImage(headerPath)
		if err != nil {
			return nil, err
		}
		in.Close()
		in, skip = image, start
	}
	if err := src.attach(in, h, start, skip); err != nil {
		if h.pair {
			in.Close()
		}
		return nil, err
	}
	return src, nil
}

// source checks the header and returns a source with the grid, but without voxels.
func (h *niftiHeader) source() (*source, error) {
	dim, third, err := h.size3()
	if err != nil {
		return nil, err
	}
	if _, err := checkDim(dim); err != nil {
		return nil, fmt.Errorf("NIfTI: %w", err)
	}
	src := &source{dim: dim, format: "nifti"}
	if third > 3 {
		h.frame.Third = third
		src.notes = append(src.notes, fmt.Sprintf("the %d frames along axis %d are taken as slices, since the third axis has size 1", dim[2], third-1))
	}
	if h.analyze {
		src.notes = append(src.notes, "an ANALYZE 7.5 file, which does not state its orientation: left and right may be swapped")
	}
	src.notes = append(src.notes, h.frame.repair()...)
	src.geom, err = h.frame.geometry(dim)
	return src, err
}

// attach connects the voxels, which start at byte start of in, skip bytes from its present position.
func (s *source) attach(in *input, h *niftiHeader, start, skip int64) error {
	kind, err := h.kind()
	if err != nil {
		return err
	}
	slope, inter, err := h.scaling()
	if err != nil {
		return err
	}
	n := s.dim[0] * s.dim[1] * s.dim[2]
	if s.proven, err = in.prove(n, kind.size(), start); err != nil {
		return fmt.Errorf("NIfTI: %w", err)
	}
	if _, err := io.CopyN(io.Discard, in, skip); err != nil {
		return errors.New("NIfTI: the file ends before its voxels start: truncated file")
	}
	s.closer = in
	s.voxels = streamVoxels(in, n, kind, h.order, slope, inter)
	return nil
}

// openPairImage opens the .img that belongs to a .hdr, compressed or not.
func openPairImage(headerPath string) (*input, error) {
	image, ok := replaceExt(headerPath, ".hdr", ".img")
	if !ok {
		return nil, errors.New("NIfTI: the header says that the voxels are in a separate .img file, but the name does not end in .hdr")
	}
	candidates := []string{image, image + ".gz", strings.TrimSuffix(image, ".gz")}
	for _, name := range candidates {
		if _, err := os.Stat(name); err == nil {
			return openInput(name)
		}
	}
	return nil, fmt.Errorf("NIfTI: the voxel file %s that belongs to this header is missing", filepath.Base(image))
}

// replaceExt replaces the extension of a path, which may precede .gz, and keeps its case; false if it has another extension.
func replaceExt(path, from, to string) (string, bool) {
	tail := ""
	if ext := filepath.Ext(path); strings.EqualFold(ext, ".gz") {
		path, tail = strings.TrimSuffix(path, ext), ext
	}
	ext := filepath.Ext(path)
	if !strings.EqualFold(ext, from) {
		return "", false
	}
	if ext == strings.ToUpper(ext) {
		to = strings.ToUpper(to)
	}
	return strings.TrimSuffix(path, ext) + to + tail, true
}

package volume

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// writeStack writes one gray PNG per slice along axis 2 into a new folder: 8-bit if the values fit,
// else 16-bit. The folder is filled under a temporary name and then renamed. With Force an existing
// folder is replaced if it holds nothing but PNG files.
func (s *samples) writeStack(path string, opt WriteOptions) error {
	deep, err := s.grayDepth()
	if err != nil {
		return err
	}
	if err := checkStackTarget(path, opt); err != nil {
		return err
	}
	path = wholefile.Target(path)
	tmp, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("cannot create a folder in %s: %w", filepath.Dir(path), plainPathError(err))
	}
	defer os.RemoveAll(tmp) // gone already after the rename
	digits := len(fmt.Sprint(s.geom.Dim[2] - 1))
	for z := range s.geom.Dim[2] {
		name := filepath.Join(tmp, fmt.Sprintf("%0*d.png", max(digits, 4), z))
		picture := s.picture(z, deep)
		if err := writeFile(name, WriteOptions{}, func(w io.Writer) error { return png.Encode(w, picture) }); err != nil {
			return err
		}
	}
	_ = os.Chmod(tmp, 0o755) // MkdirTemp makes it private; file systems without permissions refuse
	return replaceFolder(tmp, path)
}

// replaceFolder renames tmp to path. What was there is moved aside first and removed only once the new
// folder is in place.
func replaceFolder(tmp, path string) error {
	old := tmp + ".old"
	if err := os.Rename(path, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(err, os.Rename(old, path))
	}
	return os.RemoveAll(old)
}

// grayDepth reports whether 16 bits are needed, and refuses values that a gray PNG cannot hold.
func (s *samples) grayDepth() (deep bool, err error) {
	for i := range s.n {
		x := s.at(i)
		if x < 0 || x > math.MaxUint16 || x != math.Trunc(x) {
			return false, fmt.Errorf("voxel %s is %g: PNG slices hold whole numbers from 0 to 65535; use .nii.gz instead", voxelName(i, s.geom.Dim), x)
		}
		deep = deep || x > math.MaxUint8
	}
	return deep, nil
}

// picture returns slice z as a gray picture.
func (s *samples) picture(z int, deep bool) image.Image {
	w, h := s.geom.Dim[0], s.geom.Dim[1]
	bounds := image.Rect(0, 0, w, h)
	gray, gray16 := image.NewGray(bounds), image.NewGray16(bounds)
	for y := range h {
		for x := range w {
			v := s.at(x + w*(y+h*z))
			if deep {
				gray16.SetGray16(x, y, color.Gray16{Y: uint16(v)})
			} else {
				gray.SetGray(x, y, color.Gray{Y: uint8(v)})
			}
		}
	}
	if deep {
		return gray16
	}
	return gray
}

// checkStackTarget refuses an existing path or, with Force, one that is not a folder with only PNG files.
func checkStackTarget(path string, opt WriteOptions) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return errors.New("exists and is not a folder: without an extension a folder of PNG slices is written; add .nii.gz, .nrrd or .mha for a file")
	case err != nil:
		return fmt.Errorf("exists and is not a readable folder: %w", plainPathError(err))
	case !opt.Force:
		return fmt.Errorf("%w: pass --force to replace it", fs.ErrExist)
	}
	for _, e := range entries {
		if !strings.EqualFold(filepath.Ext(e.Name()), ".png") {
			return fmt.Errorf("the folder holds %s, which is not a PNG slice: not replaced", e.Name())
		}
	}
	return nil
}

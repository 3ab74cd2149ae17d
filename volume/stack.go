package volume

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // registers the decoder
	_ "image/png"  // registers the decoder
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// openStack opens PNG or JPEG slices as a volume, in natural order of their names ("2" before "10").
// All must have the same size and kind. Gray values of 8 or 16 bits stay the same. In an image, colors become luma. In a
// label map, a pixel's label is its palette index or, if its channels are equal, their value; otherwise, each color
// becomes a label. JPEG label maps are refused, because compression changes label numbers.
func openStack(paths []string, why purpose) (*source, error) {
	paths = slices.Clone(paths)
	sort.Slice(paths, func(i, j int) bool { return naturalLess(filepath.Base(paths[i]), filepath.Base(paths[j])) })
	first, colors, err := checkStack(paths, why)
	if err != nil {
		return nil, err
	}
	src := &source{dim: [3]int{first.Width, first.Height, len(paths)}, format: "stack"}
	n, err := checkDim(src.dim)
	if err != nil {
		return nil, err
	}
	src.geom = NewGeometry(src.dim, [3]float64{1, 1, 1})
	src.geom.Nominal = true
	for _, path := range paths {
		name := filepath.Base(path)
		src.geom.Frames = append(src.geom.Frames, strings.TrimSuffix(name, filepath.Ext(name)))
	}
	src.proven = min(n, 1<<24) // the voxels are appended slice by slice
	var labels colorLabels
	if why == asLabels && colors {
		if labels, err = findColors(paths); err != nil {
			return nil, err
		}
		if labels != nil {
			src.legend, src.notes = labels.legend(), []string{labels.note()}
		}
	}
	src.voxels = func(emit func([]float64) error) error {
		values := make([]float64, first.Width*first.Height)
		for _, path := range paths {
			if err := readStackSlice(path, values, first, why, labels); err != nil {
				return fmt.Errorf("slice %s: %w", filepath.Base(path), err)
			}
			if err := emit(values); err != nil {
				return err
			}
		}
		return nil
	}
	return src, nil
}

// checkStack reads the headers of all slices. It returns that of the first one, and whether labels may be distinguished by
// color only, or an error if the slices differ in size or kind.
func checkStack(paths []string, why purpose) (first image.Config, colors bool, err error) {
	firstKind := ""
	for i, path := range paths {
		c, kind, err := stackConfig(path)
		if err != nil {
			return first, false, fmt.Errorf("slice %s: %w", filepath.Base(path), err)
		}
		if why == asLabels && kind == "jpeg" {
			return first, false, fmt.Errorf("slice %s is a JPEG: its compression changes label numbers, use PNG", filepath.Base(path))
		}
		if i == 0 {
			first, firstKind = c, kind
		}
		if kind != firstKind {
			return first, false, fmt.Errorf("the folder holds slices of two kinds, %s (%s) and %s (%s): keep one kind",
				filepath.Base(paths[0]), firstKind, filepath.Base(path), kind)
		}
		colors = colors || mayHoldColors(c.ColorModel)
		if c.Width != first.Width || c.Height != first.Height {
			return first, false, fmt.Errorf("slice %s has %dx%d pixels but %s has %dx%d: all slices must have one size",
				filepath.Base(path), c.Width, c.Height, filepath.Base(paths[0]), first.Width, first.Height)
		}
	}
	return first, colors, nil
}

// maxSlicePixels and maxPixelRatio keep a small file from announcing a huge picture: they bound the pixels of a
// slice, and the pixels per byte of a PNG file (deflate at one bit per pixel).
const (
	maxSlicePixels = 1 << 28
	maxPixelRatio  = 8 * maxDeflateRatio
)

// stackConfig reads a slice's size and format ("png", "jpeg") from its header.
func stackConfig(path string) (image.Config, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return image.Config{}, "", plainPathError(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return image.Config{}, "", plainPathError(err)
	}
	c, kind, err := image.DecodeConfig(bufio.NewReader(f))
	if err != nil {
		return c, kind, fmt.Errorf("not a readable PNG or JPEG: %w", err)
	}
	if n := int64(c.Width) * int64(c.Height); n <= 0 || n > maxSlicePixels || n > info.Size()*maxPixelRatio {
		return c, kind, fmt.Errorf("%dx%d pixels in a file of %d bytes: truncated or corrupt file", c.Width, c.Height, info.Size())
	}
	return c, kind, nil
}

// readStackSlice decodes a slice of the size in want into values.
func readStackSlice(path string, values []float64, want image.Config, why purpose, labels colorLabels) error {
	picture, err := decodePicture(path)
	if err != nil {
		return err
	}
	b := picture.Bounds()
	if b.Dx() != want.Width || b.Dy() != want.Height {
		return errors.New("the file changed while it was being read")
	}
	for y := range want.Height {
		for x := range want.Width {
			if labels != nil {
				values[y*want.Width+x] = labels.value(picture, b.Min.X+x, b.Min.Y+y)
				continue
			}
			v, ok := pixelValue(picture, b.Min.X+x, b.Min.Y+y, why)
			if !ok {
				return fmt.Errorf("pixel (%d,%d) is colored: a label map must be gray or have a palette", x, y)
			}
			values[y*want.Width+x] = v
		}
	}
	return nil
}

// pixelValue returns the number that a pixel stands for; ok is false for a color in a label map.
func pixelValue(picture image.Image, x, y int, why purpose) (v float64, ok bool) {
	switch p := picture.(type) {
	case *image.Gray:
		return float64(p.GrayAt(x, y).Y), true
	case *image.Gray16:
		return float64(p.Gray16At(x, y).Y), true
	case *image.Paletted:
		if why == asLabels && !grayPalette(p.Palette) {
			return float64(p.ColorIndexAt(x, y)), true
		}
	case *image.RGBA64, *image.NRGBA64:
		c := color.NRGBA64Model.Convert(picture.At(x, y)).(color.NRGBA64)
		return gray(float64(c.R), float64(c.G), float64(c.B), why)
	}
	c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA) // transparency is ignored
	return gray(float64(c.R), float64(c.G), float64(c.B), why)
}

// gray returns the common value of the channels or, in an image, their luma (ITU-R BT.601).
func gray(r, g, b float64, why purpose) (float64, bool) {
	if r == g && g == b {
		return r, true
	}
	return 0.299*r + 0.587*g + 0.114*b, why == asImage
}

// naturalLess compares names, with runs of digits as numbers.
func naturalLess(a, b string) bool {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if len(x) != len(y) {
				return len(x) < len(y)
			}
			if x != y {
				return x < y
			}
			if na != nb { // equal numbers: fewer leading zeros first
				return na < nb
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return a[0] < b[0]
		}
		a, b = a[1:], b[1:]
	}
	return len(a) < len(b)
}

// digits returns the number of digits at the start of s.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

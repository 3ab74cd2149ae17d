package volume

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// colorLabels are the labels of a stack of colored masks: one for each color, in the order of red, green, blue. Black and
// what is transparent is background.
type colorLabels map[[3]uint8]int32

// maxColorLabels is how many colors a mask may have. Smoothed edges, as JPEG and many drawing programs make them, have more.
const maxColorLabels = 64

// labelPalette reports whether the colors of a palette are only for show, and its indices are the labels. They are not
// where black, the background, is an entry but the first, as programs leave it that save pictures with few colors.
func labelPalette(p color.Palette) bool {
	black := func(c color.Color) bool { return colorKey(c) == [3]uint8{} }
	return len(p) == 0 || black(p[0]) || !slices.ContainsFunc(p, black)
}

// grayPalette reports whether every entry is a shade of gray: then the shade is the label, wherever it stands.
func grayPalette(p color.Palette) bool {
	return !slices.ContainsFunc(p, func(c color.Color) bool {
		k := colorKey(c)
		return k[0] != k[1] || k[1] != k[2]
	})
}

// colorKey is the 8-bit color that is seen on black.
func colorKey(c color.Color) [3]uint8 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if n.A == 0 {
		return [3]uint8{}
	}
	return [3]uint8{n.R, n.G, n.B}
}

// mayHoldColors reports whether the labels of a slice may be told by color only.
func mayHoldColors(model color.Model) bool {
	if p, ok := model.(color.Palette); ok {
		return !grayPalette(p) && !labelPalette(p)
	}
	return model != color.GrayModel && model != color.Gray16Model
}

// findColors lists the colors of a stack; nil if all its slices are gray after all.
func findColors(paths []string) (colorLabels, error) {
	seen := map[[3]uint8]bool{}
	colored := false
	for _, path := range paths {
		picture, err := decodePicture(path)
		if err != nil {
			return nil, fmt.Errorf("slice %s: %w", filepath.Base(path), err)
		}
		b := picture.Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				k := colorKey(picture.At(x, y))
				if seen[k] {
					continue
				}
				seen[k] = true
				colored = colored || k[0] != k[1] || k[1] != k[2]
				if colored && len(seen) > maxColorLabels {
					return nil, fmt.Errorf("slice %s: more than %d colors: this is a picture, or a mask with smoothed edges; save the mask without smoothing, "+
						"in gray or with a palette, one number per object", filepath.Base(path), maxColorLabels)
				}
			}
		}
	}
	if !colored {
		return nil, nil
	}
	if !seen[[3]uint8{}] {
		return nil, fmt.Errorf("the mask is colored and has no black: want black where there is no object, or a gray picture with one number per object")
	}
	delete(seen, [3]uint8{})
	var colors [][3]uint8
	for k := range seen {
		colors = append(colors, k)
	}
	slices.SortFunc(colors, func(a, b [3]uint8) int { return bytes.Compare(a[:], b[:]) })
	labels := colorLabels{}
	for i, k := range colors {
		labels[k] = int32(i + 1)
	}
	return labels, nil
}

// legend gives the labels their colors.
func (c colorLabels) legend() map[int32]Label {
	out := map[int32]Label{}
	for k, label := range c {
		out[label] = Label{Color: color.RGBA{k[0], k[1], k[2], 255}}
	}
	return out
}

// note says which color became which label.
func (c colorLabels) note() string {
	words := make([]string, len(c))
	for k, label := range c {
		words[label-1] = fmt.Sprintf("#%02x%02x%02x is %d", k[0], k[1], k[2], label)
	}
	return "colors are taken as labels: " + strings.Join(words, ", ")
}

// value is the label of a pixel.
func (c colorLabels) value(picture image.Image, x, y int) float64 {
	return float64(c[colorKey(picture.At(x, y))])
}

// decodePicture reads a PNG or JPEG whose size stackConfig has checked.
func decodePicture(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	defer f.Close()
	picture, _, err := image.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("not a readable PNG or JPEG: %w", err)
	}
	return picture, nil
}

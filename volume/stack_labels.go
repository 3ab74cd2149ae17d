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

// colorLabels maps the colors of a stack of colored masks to labels, in ascending order of red, green, blue. Black and
// transparent pixels are background.
type colorLabels map[[3]uint8]int32

// maxColorLabels is the largest number of colors in a mask. Smoothed edges, which JPEG and many drawing programs make, have
// more.
const maxColorLabels = 64

// labelPalette reports whether the indices of a palette are labels, and its colors only for display. They are not if black, the
// background, is an entry other than the first, as in pictures that a program saved with a palette to save space.
func labelPalette(p color.Palette) bool {
	black := func(c color.Color) bool { return colorKey(c) == [3]uint8{} }
	return len(p) == 0 || black(p[0]) || !slices.ContainsFunc(p, black)
}

// grayPalette reports whether all entries are shades of gray. The shade is then the label, whatever its index.
func grayPalette(p color.Palette) bool {
	return !slices.ContainsFunc(p, func(c color.Color) bool {
		k := colorKey(c)
		return k[0] != k[1] || k[1] != k[2]
	})
}

// colorKey returns a color with 8 bits per channel; black if it is transparent.
func colorKey(c color.Color) [3]uint8 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if n.A == 0 {
		return [3]uint8{}
	}
	return [3]uint8{n.R, n.G, n.B}
}

// mayHoldColors reports whether only color may distinguish the labels of a slice.
func mayHoldColors(model color.Model) bool {
	if p, ok := model.(color.Palette); ok {
		return !grayPalette(p) && !labelPalette(p)
	}
	return model != color.GrayModel && model != color.Gray16Model
}

// findColors assigns labels to the colors of a stack; nil if all slices turn out to be gray.
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

// legend returns a legend with the labels' colors.
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

// value returns the label of a pixel.
func (c colorLabels) value(picture image.Image, x, y int) float64 {
	return float64(c[colorKey(picture.At(x, y))])
}

// decodePicture reads a PNG or JPEG file whose size stackConfig has checked.
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

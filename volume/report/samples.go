package report

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
)

// Samples is a picture with rows of slices, for example from a training run: the truth, and what the model found.
type Samples struct {
	Title string
	Keys  []Key // the legend; may be nil
	Rows  []Row
}

// Key is an entry of the legend.
type Key struct {
	Name  string
	Color color.RGBA
}

// Row holds slices of a volume.
type Row struct {
	Title  string
	H, W   int        // size of the slices
	Pixel  [2]float64 // mm between pixels along W and H; zero: square pixels
	Whole  bool       // show whole slices instead of squares around the contours
	Slices []Sample
}

// Sample is a slice with contours.
type Sample struct {
	Index    int
	Note     string      // shown beside the index, such as a score
	Gray     []uint8     // [H,W]
	Contours []Contour   // later ones are drawn on top
	Frame    *color.RGBA // color of a frame around the slice; nil: no frame
}

// Contour is the edge of a mask [H,W].
type Contour struct {
	Mask  []bool
	Color color.RGBA
}

const (
	sampleSide = 236 // side of a tile, in pixels
	rowHead    = 28
)

// Write writes the picture as PNG. Slices are shown as they are stored, because the volume's orientation is unknown here.
func (s Samples) Write(w io.Writer) error {
	columns := 0
	for _, row := range s.Rows {
		columns = max(columns, len(row.Slices))
		for _, sl := range row.Slices {
			if len(sl.Gray) != row.H*row.W || row.H*row.W == 0 {
				panic(fmt.Sprintf("report.Samples: got %d pixels on slice %d of %s, want %d x %d", len(sl.Gray), sl.Index, row.Title, row.H, row.W))
			}
		}
	}
	if columns == 0 {
		return errors.New("report: no samples to show")
	}
	const most = 12 // tiles side by side; further ones wrap
	columns = min(columns, most)
	height := headHeight
	for _, row := range s.Rows {
		height += rowHead + (len(row.Slices)+columns-1)/columns*(sampleSide+gap)
	}
	c, err := newCanvas(columns*(sampleSide+gap)+gap, height+gap)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	s.head(c)
	y := headHeight
	for _, row := range s.Rows {
		c.text(c.faces.bold, ink, gap, y+19, fit(c.faces.bold, row.Title, c.Bounds().Dx()-2*gap))
		y += rowHead
		for i, t := range row.tiles() {
			at := image.Pt(gap+i%columns*(sampleSide+gap), y+i/columns*(sampleSide+gap))
			t.draw(c, image.Rectangle{at, at.Add(image.Pt(sampleSide, sampleSide))})
		}
		y += (len(row.Slices) + columns - 1) / columns * (sampleSide + gap)
	}
	return png.Encode(w, c)
}

// head writes the title and the legend.
func (s Samples) head(c *canvas) {
	const base = 26
	x := gap
	if s.Title != "" {
		x = c.text(c.faces.bold, ink, x, base, fit(c.faces.bold, s.Title, c.Bounds().Dx()/2)) + 24
	}
	for _, k := range s.Keys {
		c.fill(image.Rect(x, base-12, x+14, base+2), k.Color)
		x = c.text(c.faces.regular, ink, x+20, base, k.Name) + 20
	}
}

// tiles returns the tiles of the row's slices.
func (r Row) tiles() []*tile {
	mmX, mmY := r.Pixel[0], r.Pixel[1]
	if !(mmX > 0 && mmY > 0) {
		mmX, mmY = 1, 1
	}
	boxes := make([]image.Rectangle, len(r.Slices))
	for i, s := range r.Slices {
		boxes[i] = s.box(r.W)
	}
	crops := newCrops(boxes, r.H, r.W, mmX, mmY)
	whole := image.Rect(0, 0, r.W, r.H)
	if r.Whole {
		boxes = []image.Rectangle{whole}
		crops = newCrops(boxes, r.H, r.W, mmX, mmY)
	}
	var all []float32
	for i, s := range r.Slices {
		box := whole
		if !r.Whole {
			box = boxes[i]
		}
		if box.Empty() {
			continue
		}
		values, _ := around(floats(s.Gray), r.H, r.W, box, func(int) bool { return false })
		all = append(all, values...)
	}
	window := robustWindow(all, nil, false)
	var out []*tile
	for i, s := range r.Slices {
		part := crops.at(min(i, len(boxes)-1))
		gray := window.Apply(floats(s.Gray))
		t := &tile{h: part.Dy(), w: part.Dx(), gray: cut(gray, r.H, r.W, part), inside: part.Intersect(whole).Sub(part.Min),
			caption: fmt.Sprint(s.Index), name: s.Note, frame: s.Frame}
		if !r.Whole {
			t.focus = boxes[i].Sub(part.Min)
			t.locate(gray, r.H, r.W, part, mmX, mmY)
		}
		for _, c := range s.Contours {
			t.layers = append(t.layers, c.layer(r.H, r.W, part))
		}
		out = append(out, t)
	}
	return out
}

// box returns the bounds of the contours on a slice with w pixels per row.
func (s Sample) box(w int) image.Rectangle {
	var b image.Rectangle
	for _, c := range s.Contours {
		for p, in := range c.Mask {
			if in {
				b = b.Union(image.Rect(p%w, p/w, p%w+1, p/w+1))
			}
		}
	}
	return b
}

// layer returns the part of a contour on a slice [h,w].
func (c Contour) layer(h, w int, part image.Rectangle) layer {
	labels := make([]int32, part.Dx()*part.Dy())
	for p, in := range cut(c.Mask, h, w, part) {
		if in {
			labels[p] = 1
		}
	}
	return layer{labels: labels, strokes: map[int32]stroke{1: {color: c.Color, thick: 2}}}
}

func floats(pix []uint8) []float32 {
	out := make([]float32, len(pix))
	for i, x := range pix {
		out[i] = float32(x)
	}
	return out
}

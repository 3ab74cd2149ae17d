package report

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Sizes of the montage, in pixels. From top to bottom, it has a header, the doubtful slices, a block of tiles for each object,
// and a footer.
const (
	montageWidth = 1530
	gap          = 6
	headHeight   = 40
	blockHead    = 30 // above the tiles of an object
	footHeight   = 28
	worstColumns = 6
	worstRows    = 3
)

// Montage writes a PNG for judging a result. Doubtful slices come first, the worst at the top, each with its reason. Then, for
// each object, there are its outlined slices, framed in its color, and evenly spaced tracked slices. Slices without the
// object are not shown, unless they are doubtful. Every tile is a square around its object; the small picture in its corner
// shows where it is on the slice.
func Montage(w io.Writer, s Study) error {
	if err := s.check(); err != nil {
		return err
	}
	m := &montage{Study: s, regions: findRegions(s)}
	m.colors = s.colors(m.near())
	if err := m.plan(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	m.head()
	m.tiles(m.worst, image.Pt(gap, headHeight), worstLine)
	for i := range m.blocks {
		m.block(i)
	}
	m.foot()
	return png.Encode(w, m.canvas)
}

// montage is a picture being drawn.
type montage struct {
	Study
	regions
	*canvas
	colors  []color.RGBA
	crops   []crops         // by object
	windows []volume.Window // by object
	worst   []pick          // doubtful slices that are shown first
	doubts  int             // total number of doubtful slices
	blocks  [][]pick        // slices in the blocks, by object
	places  []image.Point   // of the blocks
	beside  int             // number of blocks side by side
	line    line            // layout of a block's tiles
}

// line is a layout of tiles.
type line struct {
	n     int  // number of tiles side by side
	side  int  // of a tile, in pixels
	below int  // room below each tile for the reason
	named bool // whether tiles are labeled with their objects
}

// worstLine is the layout of the doubtful slices above all blocks.
var worstLine = line{n: worstColumns, side: tileSide(worstColumns), below: reasonRoom, named: true}

// plan decides what is shown where, and makes the canvas.
func (m *montage) plan() (err error) {
	m.worst, m.doubts = m.doubtful(worstRows * worstColumns)
	h, w := volume.SliceSize(m.Labels.Dim, m.Axis)
	H, W := m.view.size(h, w)
	rows := 1 // of tiles in a block
	columns := 8
	m.beside = 1
	switch n := len(m.Objects); {
	case n == 1:
		rows = 3
	case n <= 3:
		rows = 2
	case n > 8:
		m.beside, columns = 2, 10
	}
	m.line = line{n: columns / m.beside, side: tileSide(columns)}
	ct := m.Image.LooksLikeCT()
	height := headHeight + worstLine.height(len(m.worst))
	for i := range m.Objects {
		m.crops = append(m.crops, newCrops(m.boxes[i], H, W, m.view.width/float64(W), m.view.height/float64(H)))
		m.windows = append(m.windows, m.window(i, ct))
		m.blocks = append(m.blocks, m.others(i, rows*m.line.n, m.filled(i), m.worst))
	}
	for i := 0; i < len(m.blocks); i += m.beside {
		tall := 0
		for j := i; j < min(i+m.beside, len(m.blocks)); j++ {
			m.places = append(m.places, image.Pt(gap+(j-i)*m.blockWidth(), height))
			tall = max(tall, blockHead+m.line.height(len(m.blocks[j])))
		}
		height += tall
	}
	height += footHeight
	m.canvas, err = newCanvas(montageWidth, height)
	return err
}

// window returns the gray window of an object. It is determined from slices that are not doubtful, if there are any.
func (m *montage) window(object int, ct bool) volume.Window {
	if m.Window != (volume.Window{}) {
		return m.Window
	}
	label := int32(m.Objects[object].Label)
	h, w := volume.SliceSize(m.Labels.Dim, m.Axis)
	H, W := m.view.size(h, w)
	var all, inside []float32
	filled := m.filled(object)
	sure := slices.DeleteFunc(slices.Clone(filled), func(z int) bool { return m.Objects[object].at(z).doubtful() })
	if len(sure) == 0 {
		sure = filled
	}
	for _, z := range evenly(sure, windowSlices) {
		labels := turn(m.view, m.Labels.Slice(m.Axis, z), h, w)
		a, in := around(turn(m.view, m.Image.Slice(m.Axis, z), h, w), H, W, m.boxes[object][z], func(p int) bool { return labels[p] == label })
		all, inside = append(all, a...), append(inside, in...)
	}
	if len(all) == 0 { // the object is on no slice
		z := m.Labels.Dim[m.Axis] / 2
		all, _ = around(m.Image.Slice(m.Axis, z), h, w, image.Rect(0, 0, w, h), func(int) bool { return false })
	}
	return robustWindow(all, inside, ct)
}

// blockWidth returns the distance from one block to the next one beside it.
func (m *montage) blockWidth() int { return (montageWidth - gap) / m.beside }

// tileSide returns the side of tiles if the given number of them fill the width of the picture.
func tileSide(columns int) int { return (montageWidth-gap)/columns - gap }

// height returns the height of n tiles.
func (l line) height(n int) int { return (n + l.n - 1) / l.n * (l.side + l.below + gap) }

// tiles draws picks.
func (m *montage) tiles(picks []pick, corner image.Point, l line) {
	for i, p := range picks {
		at := corner.Add(image.Pt(i%l.n*(l.side+gap), i/l.n*(l.side+l.below+gap)))
		t := m.tile(p)
		if l.named {
			t.name, t.tint = m.name(m.Objects[p.object]), m.colors[p.object]
			if m.boxes[p.object][p.Index].Empty() {
				t.name += ": absent"
			}
		}
		t.draw(m.canvas, image.Rectangle{at, at.Add(image.Pt(l.side, l.side+l.below))})
	}
}

// tile returns the tile of an object on a slice.
func (m *montage) tile(p pick) *tile {
	h, w := volume.SliceSize(m.Labels.Dim, m.Axis)
	H, W := m.view.size(h, w)
	gray := turn(m.view, m.windows[p.object].Apply(m.Image.Slice(m.Axis, p.Index)), h, w)
	labels := turn(m.view, m.Labels.Slice(m.Axis, p.Index), h, w)
	part := m.crops[p.object].at(p.Index)
	t := &tile{h: part.Dy(), w: part.Dx(), gray: cut(gray, H, W, part), inside: part.Intersect(image.Rect(0, 0, W, H)).Sub(part.Min),
		focus: m.boxes[p.object][p.Index].Sub(part.Min), caption: fmt.Sprint(p.Index), reason: strings.Join(p.Doubts, ", ")}
	l := layer{labels: cut(labels, H, W, part), strokes: map[int32]stroke{}}
	for i, o := range m.Objects {
		l.strokes[int32(o.Label)] = stroke{color: m.colors[i], thick: 1, faint: true}
	}
	l.strokes[int32(m.Objects[p.object].Label)] = stroke{color: m.colors[p.object], thick: 2}
	t.layers = []layer{l}
	if p.Outlined {
		t.frame = &m.colors[p.object]
	}
	t.locate(gray, H, W, part, m.view.width/float64(W), m.view.height/float64(H))
	return t
}

// head writes the title and the number of doubts.
func (m *montage) head() {
	const base = 26
	x := m.text(m.faces.bold, ink, gap, base, fit(m.faces.bold, m.Title, montageWidth/2)) + 24
	labels := 0 // doubtful as a whole or on some slice
	for _, o := range m.Objects {
		if len(o.Doubts) > 0 || slices.ContainsFunc(o.Slices, Slice.doubtful) {
			labels++
		}
	}
	if labels == 0 {
		m.text(m.faces.regular, dim, x, base, "nothing doubtful")
		return
	}
	note := fmt.Sprintf("doubtful: %s of %s", count(m.doubts, "slice"), count(labels, "label"))
	if m.doubts == 0 {
		note = "doubtful: " + count(labels, "label")
	}
	if len(m.worst) < m.doubts {
		note += fmt.Sprintf(", the worst %d first", len(m.worst))
	}
	m.alarm(m.faces.bold, x, base, note)
}

// count returns a number of things: "1 slice", "2 slices".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// block draws an object: a line with its name, facts and timeline, and its tiles.
func (m *montage) block(i int) {
	o, at, room := m.Objects[i], m.places[i], m.blockWidth()
	base := at.Y + 20
	m.fill(image.Rect(at.X, base-13, at.X+16, base+3), m.colors[i])
	ends := at.X + room*11/20 // where the timeline starts
	x := m.text(m.faces.bold, ink, at.X+24, base, fit(m.faces.bold, m.name(o), room/4)) + 14
	if len(o.Doubts) > 0 {
		x = m.alarm(m.faces.regular, x, base, fit(m.faces.regular, strings.Join(o.Doubts, ", "), ends-x-24)) + 12
	}
	m.text(m.faces.regular, dim, x, base, fit(m.faces.regular, m.facts(i), ends-x-8))
	m.timeline(i, image.Rect(ends, at.Y+11, at.X+room-2*gap, at.Y+23))
	m.tiles(m.blocks[i], at.Add(image.Pt(0, blockHead)), m.line)
}

// facts says where an object was found and outlined, and which intensities are black and white in its tiles.
func (m *montage) facts(i int) string {
	filled := m.filled(i)
	if len(filled) == 0 {
		return "found nowhere"
	}
	out := fmt.Sprintf("slices %d to %d", filled[0], filled[len(filled)-1])
	var outlined []string
	for _, sl := range m.Objects[i].Slices {
		if sl.Outlined {
			outlined = append(outlined, fmt.Sprint(sl.Index))
		}
	}
	const most = 5
	switch {
	case len(outlined) > most:
		out += fmt.Sprintf(", outlined on %d", len(outlined))
	case len(outlined) > 0:
		out += ", outlined on " + strings.Join(outlined, ", ")
	}
	return out + fmt.Sprintf(", gray %s to %s", brief(m.windows[i].Lo), brief(m.windows[i].Hi))
}

// brief returns an intensity without irrelevant decimals.
func brief(x float64) string {
	const whole = 10 // decimals of larger numbers do not matter
	if math.Abs(x) >= whole {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2g", x)
}

// timeline draws all slices from left to right: in color where the object was found, with a white mark where it was outlined
// and a red triangle where it is doubtful.
func (m *montage) timeline(i int, at image.Rectangle) {
	all := m.indices()
	first, n := all[0], all[len(all)-1]-all[0]+1
	x := func(z int) int { return at.Min.X + (z-first)*at.Dx()/n }
	m.fill(at.Inset(4), rail)
	for _, z := range m.filled(i) {
		m.fill(image.Rect(x(z), at.Min.Y+2, max(x(z+1), x(z)+1), at.Max.Y-2), m.colors[i])
	}
	for _, sl := range m.Objects[i].Slices {
		middle := (x(sl.Index) + x(sl.Index+1)) / 2
		if sl.Outlined {
			m.fill(image.Rect(middle-2, at.Min.Y-2, middle+3, at.Max.Y+2), black)
			m.fill(image.Rect(middle-1, at.Min.Y-2, middle+2, at.Max.Y+2), white)
		}
		if sl.doubtful() {
			for d := range 7 { // a triangle that points at the slice
				m.fill(image.Rect(middle-d, at.Min.Y+1-d, middle+d+1, at.Min.Y+2-d), alarm)
			}
		}
	}
}

// foot writes the legend.
func (m *montage) foot() {
	note := "frame: outlined by the annotator    red band: doubtful, and why    corner: where the tile is on its slice"
	if m.view.left != "" {
		note += fmt.Sprintf("    left edge %s, top edge %s", m.view.left, m.view.top)
	}
	m.text(m.faces.regular, dim, gap, m.Bounds().Max.Y-10, note)
}

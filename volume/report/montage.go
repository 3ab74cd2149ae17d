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

// Sizes of the montage in pixels: a head, the doubtful slices, a block of tiles for each object, a foot.
const (
	montageWidth = 1530
	gap          = 6
	headHeight   = 40
	blockHead    = 30 // over the tiles of an object
	footHeight   = 28
	worstColumns = 6
	worstRows    = 3
)

// Montage writes a PNG to judge a result by. Doubtful slices come first, the worst at the top, each with its
// reason; then every object has its outlined slices, framed in its color, and an even choice of those that it was
// tracked to. Slices without it are not shown, unless that is what is doubtful. Every tile is a square about its
// object; the small picture in its corner shows where.
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
	worst   []pick          // doubtful slices
	doubts  int             // how many there are in all
	blocks  [][]pick        // by object
	places  []image.Point   // of the blocks
	beside  int             // blocks beside each other
	line    line            // of a block's tiles
}

// line is how tiles are laid out.
type line struct {
	n     int  // side by side
	side  int  // pixels
	below int  // room under each for the reason
	named bool // whether each says which object it shows
}

// worstLine are the doubtful slices over all blocks.
var worstLine = line{n: worstColumns, side: tileSide(worstColumns), below: reasonRoom, named: true}

// plan chooses what is shown and makes the canvas.
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

// window is the gray window of an object, chosen on slices that are not doubtful, if there are any.
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
	if len(all) == 0 { // it is nowhere
		z := m.Labels.Dim[m.Axis] / 2
		all, _ = around(m.Image.Slice(m.Axis, z), h, w, image.Rect(0, 0, w, h), func(int) bool { return false })
	}
	return robustWindow(all, inside, ct)
}

// blockWidth is the room from one block to that beside it.
func (m *montage) blockWidth() int { return (montageWidth - gap) / m.beside }

// tileSide is that of tiles of which so many fill the width of the picture.
func tileSide(columns int) int { return (montageWidth-gap)/columns - gap }

// height is the room for n tiles.
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

// tile cuts one object out of one slice.
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

// head writes the title and how much there is to doubt.
func (m *montage) head() {
	const base = 26
	x := m.text(m.faces.bold, ink, gap, base, fit(m.faces.bold, m.Title, montageWidth/2)) + 24
	labels := 0 // in doubt, or on some slice
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

// count is "1 slice" or "2 slices".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// block draws an object: a line with its name and what happened where, and its tiles.
func (m *montage) block(i int) {
	o, at, room := m.Objects[i], m.places[i], m.blockWidth()
	base := at.Y + 20
	m.fill(image.Rect(at.X, base-13, at.X+16, base+3), m.colors[i])
	ends := at.X + room*11/20 // where the timeline begins
	x := m.text(m.faces.bold, ink, at.X+24, base, fit(m.faces.bold, m.name(o), room/4)) + 14
	if len(o.Doubts) > 0 {
		x = m.alarm(m.faces.regular, x, base, fit(m.faces.regular, strings.Join(o.Doubts, ", "), ends-x-24)) + 12
	}
	m.text(m.faces.regular, dim, x, base, fit(m.faces.regular, m.facts(i), ends-x-8))
	m.timeline(i, image.Rect(ends, at.Y+11, at.X+room-2*gap, at.Y+23))
	m.tiles(m.blocks[i], at.Add(image.Pt(0, blockHead)), m.line)
}

// facts are where an object was found and outlined, and what is black and white in its tiles.
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

// brief writes an intensity, without decimals that say nothing.
func brief(x float64) string {
	const whole = 10 // from which on decimals do not matter
	if math.Abs(x) >= whole {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2g", x)
}

// timeline draws all slices from left to right: colored where the object was found, a white mark where it was
// outlined, a red one that stands out where it is doubtful.
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
			for d := range 7 { // a triangle that points down to the slice
				m.fill(image.Rect(middle-d, at.Min.Y+1-d, middle+d+1, at.Min.Y+2-d), alarm)
			}
		}
	}
}

// foot explains the marks.
func (m *montage) foot() {
	note := "frame: outlined by the annotator    red band: doubtful, and why    corner: where the tile is in its slice"
	if m.view.left != "" {
		note += fmt.Sprintf("    left edge %s, top edge %s", m.view.left, m.view.top)
	}
	m.text(m.faces.regular, dim, gap, m.Bounds().Max.Y-10, note)
}

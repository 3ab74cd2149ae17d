package report

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// study has labels 1 and 4 on 30 slices of 40 x 20 pixels, outlined on slices 11 and 12; label 4 ends at slice 19.
func study() Study {
	dim := [3]int{20, 40, 30}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 20*40*30), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 3})}
	for i := range v.Data {
		v.Data[i] = float32(i % 97)
	}
	s := Study{Title: "scan", Image: v, Axis: 2, Objects: []Object{{Label: 1}, {Label: 4}}, Labels: volume.NewLabelMap(v)}
	for i := range 30 {
		pix := make([]int32, 800)
		one := Slice{Index: i, Score: 3, Outlined: i == 11}
		four := Slice{Index: i, Score: 2 - float64(i)/10, Outlined: i == 12}
		for y := 10; y < 20; y++ {
			for x := 5; x < 15; x++ {
				if y < 15 {
					pix[y*20+x] = 1
					one.Area++
				} else if four.Score > 0 {
					pix[y*20+x] = 4
					four.Area++
				}
			}
		}
		s.Labels.SetSlice(2, i, pix)
		s.Objects[0].Slices = append(s.Objects[0].Slices, one)
		s.Objects[1].Slices = append(s.Objects[1].Slices, four)
	}
	return s
}

// montageOf draws a study and decodes the file.
func montageOf(t *testing.T, s Study) *image.RGBA {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, Montage(&file, s))
	img, err := png.Decode(&file)
	require.NoError(t, err)
	return img.(*image.RGBA)
}

// countIn counts the pixels of a color in a part of a picture.
func countIn(img *image.RGBA, part image.Rectangle, c color.RGBA) int {
	n := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if img.RGBAAt(x, y) == c {
				n++
			}
		}
	}
	return n
}

// edge is the part of a tile's frame along its left side.
func edge(corner image.Point, side int) image.Rectangle {
	return image.Rect(corner.X, corner.Y, corner.X+frameThick, corner.Y+side)
}

func TestOnlyOutlinedLabelsAreFramed(t *testing.T) {
	s := study()
	img := montageOf(t, s)
	side := tileSide(8)
	first := image.Pt(gap, headHeight+blockHead)
	second := first.Add(image.Pt(0, 2*(side+gap)+blockHead))
	require.Equal(t, frameThick*side, countIn(img, edge(first, side), Color(0)), "label 1 on slice 11")
	require.Equal(t, frameThick*side, countIn(img, edge(second, side), Color(1)), "label 4 on slice 12")
	for i := 1; i < 16; i++ {
		for block, corner := range []image.Point{first, second} {
			at := corner.Add(image.Pt(i%8*(side+gap), i/8*(side+gap)))
			require.Less(t, countIn(img, edge(at, side), Color(block)), side, "tile %d of label %d is tracked", i, s.Objects[block].Label)
		}
	}
}

func TestDoubtfulSlicesComeFirstTheWorstAtTheTop(t *testing.T) {
	s := study()
	s.Objects[0].Slices[20].Doubts = []string{"area jumps"}
	s.Objects[1].Slices[7].Doubts = []string{"score near the threshold"}
	s.Objects[1].Slices[7].Severity = 2
	s.Objects[1].Slices[25].Doubts = []string{"gone and back again"} // there is nothing of it
	picks, total := s.doubtful(6)
	require.Equal(t, 3, total)
	require.Equal(t, []int{7, 20, 25}, indicesOf(picks))
	require.Equal(t, 1, picks[0].object)

	img := montageOf(t, s)
	for i := range 6 {
		band := image.Rect(0, worstLine.side+4, worstLine.side, worstLine.side+reasonRoom).Add(image.Pt(gap+i*(worstLine.side+gap), headHeight))
		red := countIn(img, band, alarm)
		if i < 3 {
			require.Greater(t, red, worstLine.side*20, "tile %d has a reason", i)
		} else {
			require.Zero(t, red)
		}
	}
	require.Zero(t, countIn(montageOf(t, study()), img.Bounds(), alarm), "no doubt, no red")
}

func TestOneOfManyNeighborsInDoubtStandsForAll(t *testing.T) {
	s := study()
	for i := 3; i < 28; i++ {
		s.Objects[0].Slices[i].Doubts = []string{"area jumps"}
	}
	s.Objects[1].Slices[2].Doubts = []string{"score near the threshold"}
	picks, total := s.doubtful(10)
	require.Equal(t, 26, total)
	require.Equal(t, []int{3, 6, 9, 12, 15, 18, 21, 24, 27, 2}, indicesOf(picks))
	picks, _ = s.doubtful(12)
	require.Len(t, picks, 12, "there is room: neighbors too")
}

func TestEmptySlicesAreNotShownAndOutlinedOnesLead(t *testing.T) {
	s := study()
	filled := findRegions(s).filled(1)
	require.Equal(t, 20, len(filled))
	picks := indicesOf(s.others(1, 16, filled, nil))
	require.Len(t, picks, 16)
	require.Equal(t, 12, picks[0], "outlined")
	require.Equal(t, []int{0, 19}, []int{picks[1], picks[15]}, "the ends")
	require.NotContains(t, indicesOf(s.others(1, 16, filled, []pick{{1, Slice{Index: 12}}})), 12, "shown above already")

	s.Objects[1].Slices[25].Doubts = []string{"gone and back again"} // there is nothing of it
	require.Equal(t, []int{25, 12}, indicesOf(s.others(1, 16, filled, nil))[:2], "doubtful ones that had no room above")
	s.Objects[1].Slices[25].Doubts = nil
	for i := range s.Objects[1].Slices {
		s.Objects[1].Slices[i].Outlined = true
	}
	require.Len(t, s.others(1, 8, filled, nil), 8)
	s.Objects[1].Slices[3].Outlined = false
	require.Equal(t, 3, indicesOf(s.others(1, 8, filled, nil))[7], "outlined ones leave room for what was tracked")

	s.Labels.Data = make([]int32, len(s.Labels.Data))
	img := montageOf(t, s)
	require.Equal(t, headHeight+2*blockHead+footHeight, img.Bounds().Dy(), "no tiles")
}

func indicesOf(picks []pick) []int {
	var out []int
	for _, p := range picks {
		out = append(out, p.Index)
	}
	return out
}

func TestMontageAndPresenceAreReproducible(t *testing.T) {
	for name, draw := range map[string]func(*bytes.Buffer) error{
		"montage":  func(b *bytes.Buffer) error { return Montage(b, study()) },
		"presence": func(b *bytes.Buffer) error { return Presence(b, study()) },
	} {
		var first, second bytes.Buffer
		require.NoError(t, draw(&first), name)
		require.NoError(t, draw(&second), name)
		require.True(t, bytes.Equal(first.Bytes(), second.Bytes()), name)
	}
}

func TestPresenceIsDrawnForManyLabelsAndForOneSlice(t *testing.T) {
	s := study()
	for l := 5; l < 40; l++ {
		s.Objects = append(s.Objects, Object{Label: l, Slices: s.Objects[0].Slices})
	}
	one := study()
	for i := range one.Objects {
		one.Objects[i].Slices = one.Objects[i].Slices[11:12]
	}
	for _, s := range []Study{s, one} {
		var file bytes.Buffer
		require.NoError(t, Presence(&file, s))
		config, err := png.DecodeConfig(&file)
		require.NoError(t, err)
		require.Greater(t, config.Height, 500)
		require.NoError(t, Montage(&bytes.Buffer{}, s))
	}
}

func TestPresenceMarksDoubtsAndLeavesOutWhatWasNotMeasured(t *testing.T) {
	draw := func(s Study) *image.RGBA {
		var file bytes.Buffer
		require.NoError(t, Presence(&file, s))
		img, err := png.Decode(&file)
		require.NoError(t, err)
		out := image.NewRGBA(img.Bounds())
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				out.Set(x, y, img.At(x, y))
			}
		}
		return out
	}
	s := study()
	sure := draw(s)
	require.Zero(t, countIn(sure, sure.Bounds(), alarm))
	s.Objects[0].Slices[3].Doubts = []string{"area jumps"}
	doubtful := draw(s)
	require.Greater(t, countIn(doubtful, doubtful.Bounds(), alarm), 15)
	for _, o := range s.Objects {
		for i := range o.Slices {
			o.Slices[i].Score = math.NaN()
		}
	}
	require.Less(t, draw(s).Bounds().Dy(), sure.Bounds().Dy(), "no panel without scores")
}

func TestTheGivenWindowIsUsed(t *testing.T) {
	s := study()
	s.Window = volume.Window{Lo: 1000, Hi: 2000}
	side := tileSide(8)
	tile := image.Rect(gap, headHeight+blockHead, gap+side, headHeight+blockHead+side)
	require.Greater(t, countIn(montageOf(t, s), tile, black), side*side/2, "all is below the window")
	require.Less(t, countIn(montageOf(t, study()), tile, black), side*side/4)
}

func TestSlicesThatTheVolumeLacksAreAnError(t *testing.T) {
	s := study()
	s.Objects[0].Slices = append(s.Objects[0].Slices, Slice{Index: 30})
	require.ErrorContains(t, Montage(&bytes.Buffer{}, s), "slices 0 to 30 are not within the volume's 0 to 29")
	require.ErrorContains(t, Presence(&bytes.Buffer{}, s), "not within")
}

func TestLabelsOutsideTheRangeAreNotShown(t *testing.T) {
	s := study()
	for i := range s.Objects {
		s.Objects[i].Slices = s.Objects[i].Slices[5:12]
	}
	require.Equal(t, []int{5, 6, 7, 8, 9, 10, 11}, findRegions(s).filled(0))
	require.NoError(t, Montage(&bytes.Buffer{}, s))
}

func TestNothingToShowIsAnError(t *testing.T) {
	empty := study()
	empty.Objects = nil
	require.ErrorContains(t, Montage(&bytes.Buffer{}, empty), "no slices")
	require.ErrorContains(t, Presence(&bytes.Buffer{}, empty), "no slices")
}

func TestTicksAreWholeAndFew(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []float64
	}{{-0.5, 3.5, []float64{0, 1, 2, 3}}, {4.5, 30.5, []float64{5, 10, 15, 20, 25, 30}}, {-0.5, 211.5, []float64{0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200}}} {
		var got []float64
		for _, tick := range wholeTicks(c.lo, c.hi) {
			got = append(got, tick.Value)
		}
		require.Equal(t, c.want, got)
	}
}

func TestViewHangsSlicesAsARadiologistDoes(t *testing.T) {
	pix := []string{"a", "b", "c", "d", "e", "f"} // 2 rows of 3
	ras := volume.NewGeometry([3]int{3, 2, 1}, [3]float64{1, 1, 1})
	v := viewOf(ras, 2)
	require.Equal(t, []string{"f", "e", "d", "c", "b", "a"}, turn(v, pix, 2, 3), "RAS: left and front up")
	require.Equal(t, "R", v.left)
	require.Equal(t, "A", v.top)

	// Axes posterior, inferior, right: a slice across the third is sagittal with rows along inferior.
	pir := volume.GeometryFromAffine([3]int{3, 2, 1}, volume.Affine{{0, 0, 1, 0}, {-1, 0, 0, 0}, {0, -1, 0, 0}, {0, 0, 0, 1}})
	v = viewOf(pir, 2)
	require.Equal(t, pix, turn(v, pix, 2, 3), "front on the left, head up already")
	require.Equal(t, "A", v.left)
	require.Equal(t, "S", v.top)

	// Across the first: columns inferior, rows right. Head must go up, so the picture is transposed.
	v = viewOf(pir, 0)
	h, w := v.size(2, 3)
	require.Equal(t, image.Pt(2, 3), image.Pt(w, h))
	require.Equal(t, []string{"d", "a", "e", "b", "f", "c"}, turn(v, pix, 2, 3))
}

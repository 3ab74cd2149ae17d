package report

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// study returns labels 1 and 4 on 30 slices of 20 x 40 pixels. Label 1 is outlined on slice 11, label 4 on slice 12; label
// 4 ends at slice 19.
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

// edge returns the left side of a tile's frame.
func edge(corner image.Point, side int) image.Rectangle {
	return image.Rect(corner.X, corner.Y, corner.X+frameThick, corner.Y+side)
}

// TestOnlyOutlinedLabelsAreFramed checks that a tile has a frame if its label was outlined there, and none if it was
// tracked.
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

// TestDoubtfulSlicesComeFirst checks that the doubtful slices are at the top, the most severe first, with their
// reasons in red.
func TestDoubtfulSlicesComeFirst(t *testing.T) {
	s := study()
	s.Objects[0].Slices[20].Doubts = []string{"area jumps"}
	s.Objects[1].Slices[7].Doubts = []string{"score near the threshold"}
	s.Objects[1].Slices[7].Severity = 2
	s.Objects[1].Slices[25].Doubts = []string{"gone and back again"} // where the label is empty
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
	require.Zero(t, countIn(montageOf(t, study()), img.Bounds(), alarm), "no doubts, so no red")
}

// TestOneOfManyNeighborsInDoubtStandsForAll checks that a run of doubtful slices is sampled, unless there is room
// for all.
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
	require.Len(t, picks, 12, "there is room for neighbors, too")
}

// TestEmptySlicesAreNotShownAndOutlinedOnesLead checks which of a label's slices are shown in its block, and in
// which order.
func TestEmptySlicesAreNotShownAndOutlinedOnesLead(t *testing.T) {
	s := study()
	filled := findRegions(s).filled(1)
	require.Equal(t, 20, len(filled))
	picks := indicesOf(s.others(1, 16, filled, nil))
	require.Len(t, picks, 16)
	require.Equal(t, 12, picks[0], "outlined")
	require.Equal(t, []int{0, 19}, []int{picks[1], picks[15]}, "the first and last slices")
	require.NotContains(t, indicesOf(s.others(1, 16, filled, []pick{{1, Slice{Index: 12}}})), 12, "already shown above")

	s.Objects[1].Slices[25].Doubts = []string{"gone and back again"} // where the label is empty
	require.Equal(t, []int{25, 12}, indicesOf(s.others(1, 16, filled, nil))[:2], "doubtful slices that had no room above")
	s.Objects[1].Slices[25].Doubts = nil
	for i := range s.Objects[1].Slices {
		s.Objects[1].Slices[i].Outlined = true
	}
	require.Len(t, s.others(1, 8, filled, nil), 8)
	s.Objects[1].Slices[3].Outlined = false
	require.Equal(t, 3, indicesOf(s.others(1, 8, filled, nil))[7], "outlined slices leave room for a tracked one")

	s.Labels.Data = make([]int32, len(s.Labels.Data))
	img := montageOf(t, s)
	require.Equal(t, headHeight+2*blockHead+footHeight, img.Bounds().Dy(), "without tiles")
}

// indicesOf returns the slices of picks.
func indicesOf(picks []pick) []int {
	var out []int
	for _, p := range picks {
		out = append(out, p.Index)
	}
	return out
}

// TestMontageAndPresenceAreReproducible checks that drawing twice gives the same bytes.
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

// TestTheGivenWindowIsUsed checks that a stated window replaces the automatic one.
func TestTheGivenWindowIsUsed(t *testing.T) {
	s := study()
	s.Window = volume.Window{Lo: 1000, Hi: 2000}
	side := tileSide(8)
	tile := image.Rect(gap, headHeight+blockHead, gap+side, headHeight+blockHead+side)
	require.Greater(t, countIn(montageOf(t, s), tile, black), side*side/2, "everything is below the window")
	require.Less(t, countIn(montageOf(t, study()), tile, black), side*side/4)
}

// TestSlicesThatTheVolumeLacksAreAnError checks the error for a slice that is not in the volume.
func TestSlicesThatTheVolumeLacksAreAnError(t *testing.T) {
	s := study()
	s.Objects[0].Slices = append(s.Objects[0].Slices, Slice{Index: 30})
	require.ErrorContains(t, Montage(&bytes.Buffer{}, s), "slices 0 to 30 are not within the volume's 0 to 29")
	require.ErrorContains(t, Presence(&bytes.Buffer{}, s), "not within")
}

// TestLabelsOutsideTheRangeAreNotShown checks that only slices in the study's range are shown.
func TestLabelsOutsideTheRangeAreNotShown(t *testing.T) {
	s := study()
	for i := range s.Objects {
		s.Objects[i].Slices = s.Objects[i].Slices[5:12]
	}
	require.Equal(t, []int{5, 6, 7, 8, 9, 10, 11}, findRegions(s).filled(0))
	require.NoError(t, Montage(&bytes.Buffer{}, s))
}

// TestNothingToShowIsAnError checks the error for a study without objects.
func TestNothingToShowIsAnError(t *testing.T) {
	empty := study()
	empty.Objects = nil
	require.ErrorContains(t, Montage(&bytes.Buffer{}, empty), "no slices")
	require.ErrorContains(t, Presence(&bytes.Buffer{}, empty), "no slices")
}

// TestViewHangsSlicesAsARadiologistDoes checks how slices are turned for display, by the directions of their axes.
func TestViewHangsSlicesAsARadiologistDoes(t *testing.T) {
	pix := []string{"a", "b", "c", "d", "e", "f"} // 2 rows of 3
	ras := volume.NewGeometry([3]int{3, 2, 1}, [3]float64{1, 1, 1})
	v := viewOf(ras, 2)
	require.Equal(t, []string{"f", "e", "d", "c", "b", "a"}, turn(v, pix, 2, 3), "RAS: the patient's right is on the left, and the front is up")
	require.Equal(t, "R", v.left)
	require.Equal(t, "A", v.top)

	// Axes posterior, inferior, right: a slice across the third is sagittal with rows along inferior.
	pir := volume.GeometryFromAffine([3]int{3, 2, 1}, volume.Affine{{0, 0, 1, 0}, {-1, 0, 0, 0}, {0, -1, 0, 0}, {0, 0, 0, 1}})
	v = viewOf(pir, 2)
	require.Equal(t, pix, turn(v, pix, 2, 3), "the front is on the left and the head is up already")
	require.Equal(t, "A", v.left)
	require.Equal(t, "S", v.top)

	// Across the first axis, columns are inferior and rows are right. The head must be up, so the picture is transposed.
	v = viewOf(pir, 0)
	h, w := v.size(2, 3)
	require.Equal(t, image.Pt(2, 3), image.Pt(w, h))
	require.Equal(t, []string{"d", "a", "e", "b", "f", "c"}, turn(v, pix, 2, 3))
}

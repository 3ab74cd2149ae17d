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

// grays is an image of constant brightness.
type grays struct{ h, w int }

func (g grays) Size() (h, w int)   { return g.h, g.w }
func (g grays) Gray(i int) []uint8 { return bytes.Repeat([]byte{uint8(10 * i)}, g.h*g.w) }

// study has labels 1 and 4 on 30 slices of 40 x 20 pixels, prompted on slices 11 and 12; label 4 ends at slice 19.
func study() Study {
	dim := [3]int{20, 40, 30}
	s := Study{Title: "scan", Image: grays{40, 20}, Axis: 2, Objects: []Object{{Label: 1}, {Label: 4}},
		Labels: &volume.LabelMap{Dim: dim, Data: make([]int32, 20*40*30), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 3})}}
	for i := range 30 {
		pix := make([]int32, 800)
		one := Slice{Index: i, Score: 3, Prompted: i == 11}
		four := Slice{Index: i, Score: 2 - float64(i)/10, Prompted: i == 12}
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

func TestMontageShowsContoursOfEveryLabel(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, Montage(&file, study()))
	img, err := png.Decode(&file)
	require.NoError(t, err)
	counts := map[color.RGBA]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			counts[img.At(x, y).(color.RGBA)]++
		}
	}
	require.Greater(t, counts[Colour(0)], 20*100, "label 1 on 20 tiles")
	require.Greater(t, counts[Colour(1)], 12*100, "label 4 on the tiles up to slice 19")
	require.Zero(t, counts[Colour(2)])
	require.Greater(t, counts[color.RGBA{255, 255, 255, 255}], 2*3*260*frame/2, "frames of two prompted slices")
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

func TestChooseKeepsPromptsAndEnds(t *testing.T) {
	all := make([]int, 100)
	for i := range all {
		all[i] = i + 3
	}
	picks := choose(all, []int{40, 41}, 20)
	require.Len(t, picks, 20)
	require.Contains(t, picks, 40)
	require.Contains(t, picks, 41)
	require.Equal(t, 3, picks[0])
	require.Equal(t, 102, picks[19])
	require.Equal(t, all[:7], choose(all[:7], nil, 20), "few slices are all shown")
	require.Len(t, choose(all, all, 20), 20, "more prompts than tiles")
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

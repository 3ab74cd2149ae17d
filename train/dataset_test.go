package train_test

import (
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// anyLabels takes all labels, along the axis of the largest spacing.
var anyLabels = train.CaseOptions{Axis: -1}

// write writes a text file, and its folder.
func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// requireSmall checks a case against smallVolume(2, 7).
func requireSmall(t *testing.T, c *train.Case) {
	t.Helper()
	require.Equal(t, []int32{2, 7}, c.Objects)
	require.Equal(t, 6, c.Len(), "slices along the axis of largest spacing")
	h, w := c.Size()
	require.Equal(t, [2]int{8, 10}, [2]int{h, w})
	require.Equal(t, uint8(1), c.Labels[0][4])
	require.Equal(t, []int{0}, c.Visible(0))
	require.Equal(t, []int{0, 1}, c.Visible(1))
	require.Equal(t, uint8(2), c.Labels[1][14])
	require.Equal(t, uint8(0), c.Gray(0)[0])
	require.True(t, c.Mask(1, 1)[15])
	require.False(t, c.Mask(1, 1)[16])
}

// nnunetFolder writes cases with one or two channels.
func nnunetFolder(t *testing.T, json, ending string, channels int, cases ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "dataset.json"), json)
	for _, name := range cases {
		writeCase(t, filepath.Join(dir, "imagesTr", name+"_0000"+ending), filepath.Join(dir, "labelsTr", name+ending), 2, 7)
		if channels == 2 {
			v, _ := smallVolume(2)
			v.Data[0] = 500 // another image than the first channel's
			require.NoError(t, volume.WriteVolume(filepath.Join(dir, "imagesTr", name+"_0001"+ending), v, volume.WriteOptions{}))
		}
	}
	return dir
}

// nnunet writes an nnU-Net folder with the cases p1 and p2.
func nnunet(t *testing.T) string {
	t.Helper()
	return nnunetFolder(t, `{"labels": {"background": 0, "organ": 2}, "file_ending": ".nii.gz"}`, ".nii.gz", 1, "p1", "p2")
}

// TestNNUNetLayout opens an nnU-Net folder, and checks that cases are cached while they fit and that missing files are named.
func TestNNUNetLayout(t *testing.T) {
	dir := nnunet(t)
	d, err := train.Open(dir, anyLabels)
	require.NoError(t, err)
	require.Equal(t, []string{"p1", "p2"}, d.Names())
	c, err := d.Case(1)
	require.NoError(t, err)
	requireSmall(t, c)
	again, err := d.Case(1)
	require.NoError(t, err)
	require.Same(t, c, again, "cached")
	d.CacheBytes = 1
	_, err = d.Case(0)
	require.NoError(t, err)
	again, err = d.Case(1)
	require.NoError(t, err)
	require.NotSame(t, c, again, "read again, because it no longer fits the cache")

	require.NoError(t, os.Remove(filepath.Join(dir, "imagesTr", "p2_0000.nii.gz")))
	_, err = train.Open(dir, anyLabels)
	require.ErrorContains(t, err, "p2_0000.nii.gz is missing")
	require.NoError(t, os.Remove(filepath.Join(dir, "dataset.json")))
	_, err = train.Open(dir, anyLabels)
	require.ErrorContains(t, err, "dataset.json is missing")
}

// TestSplit holds out cases by name.
func TestSplit(t *testing.T) {
	d, err := train.Open(nnunet(t), anyLabels)
	require.NoError(t, err)
	rest, held, err := d.Split([]string{"p1"})
	require.NoError(t, err)
	require.Equal(t, []string{"p2"}, rest.Names())
	require.Equal(t, []string{"p1"}, held.Names())
	_, _, err = d.Split([]string{"p3"})
	require.ErrorContains(t, err, "p1, p2")
	_, _, err = d.Split([]string{"p1", "p2"})
	require.ErrorContains(t, err, "none is left")
}

// TestManifest reads a CSV file of cases, and checks that mistakes in it are explained.
func TestManifest(t *testing.T) {
	dir := t.TempDir()
	writeCase(t, filepath.Join(dir, "a", "i.nii"), filepath.Join(dir, "a", "l.nrrd"), 2, 7)
	path := filepath.Join(dir, "cases.csv")
	write(t, path, "image,label,labels,weight\na/i.nii,a/l.nrrd,,3\n"+filepath.Join(dir, "a/i.nii")+",a/l.nrrd,7 2,1\n")
	d, err := train.Open(path, anyLabels)
	require.NoError(t, err)
	require.Equal(t, 3.0, d.Weight(0))
	for i := range 2 {
		c, err := d.Case(i)
		require.NoError(t, err)
		requireSmall(t, c)
	}
	for text, want := range map[string]string{
		"image,mask\na,b\n":               `no column "label" in the first line, which must name the columns (it has image, mask)`,
		"image\na\n":                      `no column "label"`,
		"image,label\n":                   "lists no volume",
		"":                                "empty",
		"image,label\na/i.nii,gone.nii\n": "gone.nii is missing",
		"image,label\n,a/l.nrrd\n":        "line 2: image and label must not be empty",
		"image,label,labels\na/i.nii,a/l.nrrd,2;7\n":        `"2;7" is not a positive number`,
		"image,label,weight\na/i.nii,a/l.nrrd,-1\n":         "weight",
		"image,label\na/i.nii,a/l.nrrd\na/i.nii,a/l.nrrd\n": "twice",
		"image,label\na/i.nii,a/l.nrrd,extra\n":             "wrong number of fields",
	} {
		write(t, path, text)
		_, err := train.Open(path, anyLabels)
		require.ErrorContains(t, err, want, text)
	}
}

// TestOfficialLayout reads JPEG slices and PNG masks. Gray values must not be rescaled.
func TestOfficialLayout(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"00000", "00001"} {
		im := image.NewGray(image.Rect(0, 0, 16, 12))
		mask := image.NewGray(image.Rect(0, 0, 16, 12))
		for p := range im.Pix {
			im.Pix[p] = uint8(100 + i) // the two slices differ
		}
		mask.SetGray(3+i, 4, color.Gray{Y: 9})
		for _, d := range []string{"images", "masks"} {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, d, "vol"), 0o755))
		}
		f, err := os.Create(filepath.Join(dir, "images", "vol", name+".jpg"))
		require.NoError(t, err)
		require.NoError(t, jpeg.Encode(f, im, nil))
		require.NoError(t, f.Close())
		f, err = os.Create(filepath.Join(dir, "masks", "vol", name+".png"))
		require.NoError(t, err)
		require.NoError(t, png.Encode(f, mask))
		require.NoError(t, f.Close())
	}
	write(t, filepath.Join(dir, "train.txt"), "vol\n\n")
	d, err := train.Open(dir, anyLabels)
	require.NoError(t, err)
	c, err := d.Case(0)
	require.NoError(t, err)
	require.Equal(t, []int32{9}, c.Objects)
	require.Equal(t, 2, c.Len())
	require.Equal(t, uint8(1), c.Labels[1][4*16+4])
	require.InDelta(t, 100, int(c.Gray(0)[50]), 1)
	write(t, filepath.Join(dir, "train.txt"), "vol\nother\n")
	_, err = train.Open(dir, anyLabels)
	require.ErrorContains(t, err, "other is missing")
}

// TestBadVolumes checks that volumes that cannot be learned from are refused, each with its reason.
func TestBadVolumes(t *testing.T) {
	v, l := smallVolume(2)
	_, err := train.NewCase("x", v, l, train.CaseOptions{Axis: -1, Labels: []int32{5}})
	require.ErrorContains(t, err, "case x: label 5 is not in")
	require.ErrorContains(t, err, "[2]")

	_, empty := smallVolume()
	_, err = train.NewCase("x", v, empty, anyLabels)
	require.ErrorContains(t, err, "is empty")

	l.Geom = volume.NewGeometry(l.Dim, [3]float64{2, 1, 3})
	_, err = train.NewCase("x", v, l, anyLabels)
	var grid *volume.GridError
	require.ErrorAs(t, err, &grid)

	for i := range v.Data {
		v.Data[i] = 3
	}
	_, l = smallVolume(2)
	_, err = train.NewCase("x", v, l, anyLabels)
	require.ErrorIs(t, err, volume.ErrConstant)

	_, err = train.Open(t.TempDir(), anyLabels)
	require.ErrorContains(t, err, "nnU-Net")
	_, err = train.Open("nowhere", anyLabels)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestVolumeTooShortForAClip checks that the error says how many slices there are and what to set.
func TestVolumeTooShortForAClip(t *testing.T) {
	d, err := train.Open(nnunet(t), anyLabels)
	require.NoError(t, err)
	r := tinyRecipe(1)
	r.Frames = 7
	err = train.CheckData(d, nil, r)
	require.ErrorContains(t, err, "p1 has 6 slices, fewer than a clip of 7: set frames to 6 or less")
	r.Frames = 6
	require.NoError(t, train.CheckData(d, nil, r))
}

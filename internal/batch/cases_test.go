package batch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// touch makes empty files. That is enough, since listing a dataset opens no volume.
func touch(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
}

// TestNNUNetFolder checks which images and masks of a dataset in nnU-Net's layout are listed, and the errors.
func TestNNUNetFolder(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir, "imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "imagesTr/b_0000.nii.gz", "imagesTr/.hidden.nii.gz", "imagesTr/readme.txt",
		"labelsTr/a.nrrd", "labelsTr/c.nii.gz", "labelsTr/a.slmsam.json", "imagesTs/x.mha")
	cases, notes, err := List(dir, Options{Out: "out", Format: ".nrrd"})
	require.NoError(t, err)
	require.Equal(t, []Case{{Name: "a", Image: filepath.Join(dir, "imagesTr", "a_0000.nii.gz"), Mask: filepath.Join(dir, "labelsTr", "a.nrrd"),
		Output: filepath.Join("out", "a.nrrd")}}, cases, "imagesTs has no masks")
	require.Equal(t, []string{"1 images without a mask in labelsTr were left out: b", "1 masks without an image in imagesTr were left out: c"}, notes)

	touch(t, dir, "labelsTs/x.nii")
	cases, _, err = List(dir, Options{Out: "out", Format: ".nii.gz"})
	require.NoError(t, err)
	require.Equal(t, "x", cases[0].Name)
	cases, _, err = List(dir, Options{Out: "out", Format: ".nii.gz", Split: "Tr"})
	require.NoError(t, err)
	require.Equal(t, "a", cases[0].Name)

	touch(t, dir, "imagesTr/a.mha")
	_, _, err = List(dir, Options{Split: "Tr"})
	require.ErrorContains(t, err, "are both named a")
	_, _, err = List(t.TempDir(), Options{})
	require.ErrorContains(t, err, "imagesTr or imagesTs")
	_, _, err = List(t.TempDir(), Options{Split: "Ts"})
	require.ErrorContains(t, err, "imagesTs and labelsTs")
	_, _, err = List("nowhere", Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestTable checks how a table of cases is read, and the errors.
func TestTable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cases.csv")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) }
	write("\ufeffImage,mask,labels,output,points,boxes\n" +
		"a.nii.gz,m.nrrd,1 3,,,\n/abs/b_0000.mha,,,sub/b.nrrd,\"4,10,12; 4,11,12,-\",\n series ,,,,,\"3,1,2,9,9,2\"\n")
	cases, _, err := List(path, Options{Out: "out", Format: ".nii.gz"})
	require.NoError(t, err)
	require.Equal(t, []Case{
		{Name: "a", Image: filepath.Join(dir, "a.nii.gz"), Mask: filepath.Join(dir, "m.nrrd"), Labels: "1,3", Output: filepath.Join("out", "a.nii.gz")},
		{Name: "sub/b", Image: "/abs/b_0000.mha", Points: []string{"4,10,12", "4,11,12,-"}, Output: filepath.Join("out", "sub", "b.nrrd")},
		{Name: "series", Image: filepath.Join(dir, "series"), Boxes: []string{"3,1,2,9,9,2"}, Output: filepath.Join("out", "series.nii.gz")},
	}, cases)

	for text, want := range map[string]string{
		"":                                        "empty",
		"image,mask\n":                            "lists no volume",
		"image,mask,wieght\na,b,c\n":              `unknown column "wieght"`,
		"image,image\na,b\n":                      "two columns",
		"mask\nb\n":                               "no column named image",
		"image,mask\n,b\n":                        "row 2: the image is missing",
		"image,mask\na,\n":                        "row 2: there is nothing to start from",
		"image,points,labels\na,\"1,2\",1\n":      "labels need a mask",
		"image,mask\na\n":                         "wrong number of fields",
		"image,mask,output\na,b,../c.nii\n":       "is outside the output folder",
		"image,mask,output\na,b,/c.nii\n":         "is outside the output folder",
		"image,mask,output\na,b,manifest/c.nii\n": "reserved for the manifest",
		"image,mask\nx/a.nii,m\ny/a.nii.gz,m\n":   "would both be written as a",
	} {
		write(text)
		_, _, err := List(path, Options{Format: ".nii.gz"})
		require.ErrorContains(t, err, want, text)
	}
}

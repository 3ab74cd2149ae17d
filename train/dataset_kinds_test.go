package train_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestManifestsOfSpreadsheets reads CSV files as spreadsheets and people save them.
func TestManifestsOfSpreadsheets(t *testing.T) {
	dir := t.TempDir()
	writeCase(t, filepath.Join(dir, "a b", "i.nii"), filepath.Join(dir, "ä", "l.nrrd"), 2, 7)
	path := filepath.Join(dir, "cases.csv")
	utf16le := func(s string) string {
		out := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(s)) {
			out = binary.LittleEndian.AppendUint16(out, u)
		}
		return string(out)
	}
	const plain = "image,label\na b/i.nii,ä/l.nrrd\n"
	for name, text := range map[string]string{
		"plain":                  plain,
		"byte order mark, CRLF":  "\xef\xbb\xbf" + strings.ReplaceAll(plain, "\n", "\r\n"),
		"UTF-16":                 utf16le(plain),
		"semicolons":             strings.ReplaceAll(plain, ",", ";"),
		"tabs":                   strings.ReplaceAll(plain, ",", "\t"),
		"capitals":               "Image, LABEL\na b/i.nii,ä/l.nrrd\n",
		"blank rows":             "\n" + plain + ",\n\n , \n",
		"more columns":           "patient,image,label,fold\n1,a b/i.nii,ä/l.nrrd,0\n",
		"trailing separators":    "image,label,,\na b/i.nii,ä/l.nrrd,,\n",
		"short rows":             "image,label,weight,labels\na b/i.nii,ä/l.nrrd\n",
		"from Windows":           `image,label` + "\n" + `a b\i.nii,ä\l.nrrd`,
		"decimal comma":          "image;label;weight\na b/i.nii;ä/l.nrrd;0,5\n",
		"in quotes":              "\"image\",\"label\"\n\"a b/i.nii\",\"ä/l.nrrd\"\n",
		"commas in extra cells":  "image;label;remark\na b/i.nii;ä/l.nrrd;good, but small\n",
		"quotes within the cell": "image;label;remark\na b/i.nii;ä/l.nrrd;3\" coil\n",
	} {
		write(t, path, text)
		d, err := train.Open(path, anyLabels)
		require.NoError(t, err, name)
		require.Equal(t, 1, d.Len(), name)
		c, err := d.Case(0)
		require.NoError(t, err, name)
		requireSmall(t, c)
		wantWeight := 1.0
		if name == "decimal comma" {
			wantWeight = 0.5
		}
		require.Equal(t, wantWeight, d.Weight(0), name)
		if name == "more columns" {
			require.Equal(t, []string{"unused columns: patient, fold"}, d.Notes())
		}
	}
}

// TestNNUNetChannels opens either channel of nnU-Net folders whose dataset.json declares them in different ways.
func TestNNUNetChannels(t *testing.T) {
	for name, json := range map[string]string{
		"version 2":       `{"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "organ": 2, "other": 7}, "file_ending": ".nii.gz"}`,
		"version 1":       `{"modality": {"0": "T1", "1": "T2"}, "labels": {"0": "background", "2": "organ", "7": "other"}}`,
		"not declared":    `{"labels": {"background": 0, "organ": 2}, "file_ending": ".nii.gz"}`,
		"byte order mark": "\xef\xbb\xbf" + `{"channel_names": {"0": "T1", "1": "T2"}, "file_ending": ".nii.gz"}`,
		"region classes":  `{"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "whole": [2, 7], "core": [7]}, "regions_class_order": [2, 7], "file_ending": ".nii.gz"}`,
	} {
		dir := nnunetFolder(t, json, ".nii.gz", 2, "c1", "c2")
		for channel := range 2 {
			opt := anyLabels
			opt.Channel = channel
			d, err := train.Open(dir, opt)
			require.NoError(t, err, name)
			require.Len(t, d.Notes(), 1, name)
			require.Contains(t, d.Notes()[0], "2 channels")
			c, err := d.Case(1)
			require.NoError(t, err, name)
			require.Equal(t, []int32{2, 7}, c.Objects, name)
			require.Equal(t, channel == 1, c.Images[0][0] == 255, name)
		}
		opt := anyLabels
		opt.Channel = 2
		_, err := train.Open(dir, opt)
		require.ErrorContains(t, err, "c1_0002.nii.gz is missing", name)
	}
}

// TestNNUNetLists opens folders whose dataset.json lists the cases, in other places or as in version 1, or whose files have
// another extension than it says.
func TestNNUNetLists(t *testing.T) {
	dir := nnunetFolder(t, `{"file_ending": ".nii.gz", "dataset": {"c1": {"images": ["imagesTr/c1_0000.nii.gz", "imagesTr/c1_0001.nii.gz"], "label": "labels2/x.nii.gz"}}}`,
		".nii.gz", 2, "c1", "c2")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "labels2"), 0o755))
	require.NoError(t, os.Rename(filepath.Join(dir, "labelsTr", "c1.nii.gz"), filepath.Join(dir, "labels2", "x.nii.gz")))
	d, err := train.Open(dir, anyLabels)
	require.NoError(t, err)
	require.Equal(t, []string{"c1"}, d.Names())
	require.Contains(t, strings.Join(d.Notes(), "\n"), "1 label maps in labelsTr are not among them")
	c, err := d.Case(0)
	require.NoError(t, err)
	requireSmall(t, c)

	dir = nnunetFolder(t, `{"labels": {"0": "background"}, "training": [{"image": "./imagesTr/c2.nii.gz", "label": "./labelsTr/c2.nii.gz"}]}`, ".nii.gz", 2, "c1", "c2")
	d, err = train.Open(dir, anyLabels)
	require.NoError(t, err)
	require.Equal(t, []string{"c2"}, d.Names())

	for _, ending := range []string{".nii", ".nrrd", ".mha"} {
		dir = nnunetFolder(t, `{"file_ending": ".nii.gz", "labels": {"background": 0, "organ": 2}}`, ending, 2, "c1")
		d, err = train.Open(dir, anyLabels)
		require.NoError(t, err, ending)
		require.Equal(t, 1, d.Len())
		require.Contains(t, d.Notes()[0], "labelsTr has "+ending+" files")
	}
	write(t, filepath.Join(dir, "labelsTr", "c3.nii"), "")
	_, err = train.Open(dir, anyLabels)
	require.ErrorContains(t, err, "correct file_ending")

	for text, want := range map[string]string{
		`{"dataset": {"c1": {"images": [], "label": "labelsTr/gone.nii.gz"}}}`: "gone.nii.gz is missing",
		`{"training": [{"image": "x"}]}`:                                       "image and label",
		`{"labels": {"organ": "x"}}`:                                           "not a label and its name",
		`[]`:                                                                   "cannot unmarshal",
	} {
		dir = nnunetFolder(t, text, ".nii.gz", 2, "c1")
		_, err = train.Open(dir, anyLabels)
		require.ErrorContains(t, err, want)
	}
}

// TestIgnoredLabel checks that nnU-Net's ignore label is not an object.
func TestIgnoredLabel(t *testing.T) {
	dir := nnunetFolder(t, `{"labels": {"background": 0, "organ": 2, "ignore": 7}, "file_ending": ".nii.gz"}`, ".nii.gz", 2, "c1")
	d, err := train.Open(dir, anyLabels)
	require.NoError(t, err)
	require.Contains(t, strings.Join(d.Notes(), "\n"), "label 7 means ignore")
	c, err := d.Case(0)
	require.NoError(t, err)
	require.Equal(t, []int32{2}, c.Objects)
	require.Zero(t, c.LabelMap().Counts()[7])
}

// TestUnknownPixels checks that clips mark the pixels that are to be ignored, that these belong to no object, and that the loss
// stays finite.
func TestUnknownPixels(t *testing.T) {
	ignoring := discs("a", 9)
	ignoring.Objects = ignoring.Objects[:1]
	for _, pix := range ignoring.Labels {
		for i, l := range pix {
			if l == 2 {
				pix[i] = 255
			}
		}
	}
	recipe := tinyRecipe(1)
	recipe.Reverse = 0
	clip, err := train.NewSampler(train.Cases{ignoring}, recipe, 64).Clip(3)
	require.NoError(t, err)
	require.Equal(t, []int32{3}, clip.Objects)
	dev := cpu.New(1)
	g := nn.NewGraph(dev)
	frames := train.Upload(g, clip)
	seen := 0
	for i, f := range clip.Frames {
		if f.Unknown == nil {
			require.Nil(t, frames[i].Known)
			continue
		}
		seen++
		known, err := g.Read(frames[i].Known)
		require.NoError(t, err)
		for p, unknown := range f.Unknown {
			require.Equal(t, unknown, known[p] == 0)
			require.False(t, unknown && f.Masks[p])
		}
		require.Equal(t, []bool{true}, frames[i].Unsure)
	}
	require.Positive(t, seen)
	m := freshModel(t, dev)
	terms, err := train.Evaluate(g, m, frames, recipe.Memory, train.PaperWeights(), nil)
	require.NoError(t, err)
	require.True(t, terms[0].Finite())
}

package project

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestDataset checks that objects are matched by name, whatever their labels in each volume, and that slmsam train
// reads the result.
func TestDataset(t *testing.T) {
	p := openProject(t, newFolder(t), far(0))
	_, err := p.Dataset()
	var input *annotate.InputError
	require.ErrorAs(t, err, &input)

	for id, objects := range map[string]map[int]Object{
		"a": {1: {Name: "liver", Color: "#e69f00"}, 2: {Name: "kidney", Color: "#56b4e9"}},
		"b": {7: {Name: "kidney", Color: "#e69f00"}},
	} {
		d, err := p.Document(id)
		require.NoError(t, err)
		for label := range objects {
			_, err = d.Draw(me, label%3, square(uint8(label), label, 2, 3), objects)
			require.NoError(t, err)
			_, err = d.Draw(me, 3+label%3, square(uint8(label), label, 2, 3), nil)
			require.NoError(t, err)
		}
		_, err = p.Review(d, me, true)
		require.NoError(t, err)
	}
	set, err := p.Dataset()
	require.NoError(t, err)
	files := map[string]*bytes.Buffer{}
	require.NoError(t, set.Write(func(name string) (io.Writer, error) {
		files[name] = &bytes.Buffer{}
		return files[name], nil
	}))
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, data.Bytes(), 0o600))
	}
	top := filepath.Join(dir, "Dataset001_reviewed")
	var about struct {
		Labels     map[string]int    `json:"labels"`
		Channels   map[string]string `json:"channel_names"`
		Training   int               `json:"numTraining"`
		FileEnding string            `json:"file_ending"`
	}
	require.NoError(t, json.Unmarshal(files["Dataset001_reviewed/dataset.json"].Bytes(), &about))
	require.Equal(t, map[string]int{"background": 0, "liver": 1, "kidney": 2}, about.Labels)
	require.Equal(t, 2, about.Training)
	require.Equal(t, ".nii.gz", about.FileEnding)
	l, err := volume.ReadLabelMap(filepath.Join(top, "labelsTr", "b.nii.gz"))
	require.NoError(t, err)
	require.Equal(t, 2*9, l.Counts()[2], "the kidney, which is object 7 in the project")
	require.Len(t, l.Counts(), 2)
	v, err := volume.Read(filepath.Join(top, "imagesTr", "b_0000.nii.gz"))
	require.NoError(t, err)
	require.Empty(t, v.Geom.Diff(l.Geom))
	data, err := train.Open(top, train.CaseOptions{Axis: -1})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, data.Names())
	c, err := data.Case(1)
	require.NoError(t, err)
	require.Equal(t, []int32{2}, c.Objects)
}

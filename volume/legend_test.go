package volume

import (
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestParseLegend reads label names in the formats of nnU-Net, ITK-SNAP and others, and checks the errors for bad
// ones.
func TestParseLegend(t *testing.T) {
	names := func(pairs ...any) map[int32]Label {
		out := map[int32]Label{}
		for i := 0; i < len(pairs); i += 2 {
			out[int32(pairs[i].(int))] = Label{Name: pairs[i+1].(string)}
		}
		return out
	}
	for text, want := range map[string]Legend{
		`{"1": "liver", "2": "spleen"}`:                                                         {Labels: names(1, "liver", 2, "spleen")},
		`{"labels": {"background": 0, "PZ": 1, "TZ": 2}, "file_ending": ".nii.gz"}`:             {Labels: names(1, "PZ", 2, "TZ")},
		`{"labels": {"0": "background", "1": "Anterior"}}`:                                      {Labels: names(1, "Anterior")},
		`{"labels": {"liver": "1"}}`:                                                            {Labels: names(1, "liver")},
		"\xef\xbb\xbf" + `{"labels": {"background": 0, "organ": 1, "ignore": 2}}`:               {Labels: names(1, "organ"), Ignore: 2},
		`{"labels": {"background": 0, "whole": [1, 2], "core": [2]}}`:                           {Labels: names(2, "core"), Regions: map[string][]int32{"whole": {1, 2}, "core": {2}}},
		`{"labels": {"0": "background", "1": "edema", "3": "Ignore"}, "modality": {"0": "MR"}}`: {Labels: names(1, "edema"), Ignore: 3},
	} {
		got, err := ParseLegend([]byte(text))
		require.NoError(t, err, text)
		if want.Regions == nil {
			want.Regions = map[string][]int32{}
		}
		require.Equal(t, want, got, text)
	}
	snap, err := ParseLegend([]byte("# ITK-SnAP Label Description File\n    0     0    0    0        0  0  0    \"Clear Label\"\n" +
		"    1   255    0   10        1  1  1    \"Left kidney\"\n   12     0  255    0        0.5  1  0    \"x\"\n"))
	require.NoError(t, err)
	require.Equal(t, map[int32]Label{1: {"Left kidney", color.RGBA{255, 0, 10, 255}}, 12: {"x", color.RGBA{0, 255, 0, 255}}}, snap.Labels)
	for text, want := range map[string]string{
		`{"labels": {"liver": 1.5}}`:   "whole number",
		`{"labels": {"liver": -1}}`:    "whole number",
		`{"labels": {"liver": null}}`:  "not a label and its name",
		`{"labels": [1]}`:              "labels",
		`{"labels": `:                  "unexpected end",
		"":                             "no labels",
		"1 2 3\n":                      "IDX R G B",
		`1 300 0 0 1 1 1 "a"`:          "color from 0 to 255",
		`99999999999999 0 0 0 1 1 1 "`: "want a label",
	} {
		_, err := ParseLegend([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
	l := &LabelMap{Legend: map[int32]Label{1: {Name: "mine"}}}
	l.SetNames(snap)
	require.Equal(t, Label{"mine", color.RGBA{255, 0, 10, 255}}, l.Legend[1])
	require.Equal(t, "x", l.Legend[12].Name)
}

// FuzzParseLegend checks that no bytes make the parser panic or give a negative label.
func FuzzParseLegend(f *testing.F) {
	for _, s := range []string{`{"labels": {"a": 1, "b": [1, 2], "ignore": 3}}`, `{"1": "x"}`, "1 2 3 4 1 1 1 \"n\"\n", "{", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		legend, err := ParseLegend(data)
		if err == nil {
			(&LabelMap{}).SetNames(legend)
			require.GreaterOrEqual(t, legend.Ignore, int32(0))
		}
	})
}

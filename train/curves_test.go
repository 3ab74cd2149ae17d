package train

import (
	"bytes"
	"encoding/json"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatWasNotMeasuredIsNotRecorded checks that a missing value, such as the overlap of clips that have none, is left out of
// the metrics and the curves.
func TestWhatWasNotMeasuredIsNotRecorded(t *testing.T) {
	var m Metrics
	m.add("a", Terms{}, Weights{}, math.NaN(), 3)
	require.Nil(t, m.Overlap)
	m.add("b", Terms{}, Weights{}, 0.5, 3)
	m.add("c", Terms{}, Weights{}, 0.7, 3)
	require.InDelta(t, 0.6, *m.Overlap, 1e-9, "the mean over the clips that have one")

	dir := t.TempDir()
	j, err := openJournal(dir, 0)
	require.NoError(t, err)
	require.NoError(t, j.validation(0, &Validation{DSC: 0.25}))
	require.NoError(t, j.step(Metrics{Step: 1, Loss: 2}))
	require.NoError(t, j.step(Metrics{Step: 2, Loss: 1, Overlap: m.Overlap}))
	require.NoError(t, j.close())
	records, err := readRecords(filepath.Join(dir, metricsFile), 2)
	require.NoError(t, err)
	require.Len(t, records, 3)
	require.Equal(t, 2, records[2].Step)
	c := curvesOf(records)
	require.Len(t, c.loss, 2)
	require.Len(t, c.dice, 1)
	require.Len(t, c.dsc, 1)
	data, err := os.ReadFile(filepath.Join(dir, metricsFile))
	require.NoError(t, err)
	var line map[string]any
	require.NoError(t, json.NewDecoder(bytes.NewReader(data)).Decode(&line))
	require.Len(t, line, 2, "a validation has no losses: %v", line)
}

// TestEveryCurveIsVisible draws curves with a single point and the validation before training, and counts pixels of the
// curve's color.
func TestEveryCurveIsVisible(t *testing.T) {
	red := color.RGBA{200, 40, 40, 255}
	for name, records := range map[string][]record{
		"validation only": {{Step: 0, Validation: &Validation{DSC: 0.5}}},
		"a small loss":    {{Step: 1, Metrics: &Metrics{Loss: 0.3}}, {Step: 1, Validation: &Validation{DSC: 0.5}}},
		"one step":        {{Step: 1, Metrics: &Metrics{Loss: 3}}, {Step: 1, Validation: &Validation{DSC: 0.5}}},
	} {
		data, err := curvesOf(records).draw()
		require.NoError(t, err, name)
		img, err := png.Decode(bytes.NewReader(data))
		require.NoError(t, err, name)
		n := 0
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if color.RGBAModel.Convert(img.At(x, y)) == red {
					n++
				}
			}
		}
		require.Greater(t, n, 50, "%s: a dot, and the legend's", name)
	}
	_, err := curvesOf(nil).draw()
	require.NoError(t, err, "no curves at all")
}

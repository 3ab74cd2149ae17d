package main

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/stretchr/testify/require"
)

// TestClickPromptsJoinBoxAndPoints checks that a box and points on the same slice are one prompt.
func TestClickPromptsJoinBoxAndPoints(t *testing.T) {
	prompts, err := clickPrompts([]string{"4,10.5,3", "4,1,2,-", "7,5,5,3,+"}, []string{"4,2,3,9,8"}, 10, 12)
	require.NoError(t, err)
	require.Equal(t, []slmsam.Prompt{
		{Slice: 4, Object: 1, Points: []slmsam.Point{{X: 2, Y: 3, Label: slmsam.BoxTopLeft}, {X: 9, Y: 8, Label: slmsam.BoxBottomRight},
			{X: 10.5, Y: 3, Label: slmsam.Positive}, {X: 1, Y: 2, Label: slmsam.Negative}}},
		{Slice: 7, Object: 3, Points: []slmsam.Point{{X: 5, Y: 5, Label: slmsam.Positive}}},
	}, prompts)
}

// TestBadClicksAreUsageErrors checks that malformed points and boxes, and those outside the slice, are refused.
func TestBadClicksAreUsageErrors(t *testing.T) {
	for _, point := range []string{"", "4", "4,1", "x,1,2", "4,1,2,0", "4,1,2,3,4", "4,1,y", "4,13,2", "4,1,-2", "4.5,1,2", "4,NaN,2"} {
		_, err := clickPrompts([]string{point}, nil, 10, 12)
		require.ErrorAs(t, err, &usageError{}, point)
	}
	for _, box := range []string{"4,1,2,3", "4,9,3,2,8", "4,2,3,9,11", "4,2,3,9,8,x"} {
		_, err := clickPrompts(nil, []string{box}, 10, 12)
		require.ErrorAs(t, err, &usageError{}, box)
	}
	_, err := clickPrompts(nil, []string{"4,2,3,9,8", "4,1,1,2,2"}, 10, 12)
	require.ErrorContains(t, err, "already")
}

// TestDefaultOutputIsNextToTheImage checks the names of default outputs.
func TestDefaultOutputIsNextToTheImage(t *testing.T) {
	for image, want := range map[string]string{"a/ct.nii.gz": "a/ct_slmsam.nii.gz", "ct.nii": "ct_slmsam.nii.gz", "a/X.NRRD": "a/X_slmsam.nrrd",
		"m.mhd": "m_slmsam.mha", "series/": "series_slmsam.nii.gz", "scan.v2": "scan.v2_slmsam.nii.gz"} {
		require.Equal(t, want, defaultOutput(image), image)
	}
}

package volume

import (
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// layeredNRRD is a Slicer segmentation of 3x2x1 voxels in two layers, with the list axis first. Both layers have a segment
// with the value 1.
const layeredNRRD = "NRRD0004\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 3 2 1\n" +
	"space directions: none (1,0,0) (0,1,0) (0,0,1)\nkinds: list domain domain domain\nencoding: raw\nspace origin: (0,0,0)\n" +
	"Segment0_ID:=a\nSegment0_Name:=liver\nSegment0_LabelValue:=1\nSegment0_Layer:=0\nSegment0_Color:=1 0.5 0\n" +
	"Segment1_ID:=b\nSegment1_Name:=lesion\nSegment1_LabelValue:=1\nSegment1_Layer:=1\n" +
	"Segment2_ID:=c\nSegment2_Name:=spleen\nSegment2_LabelValue:=2\nSegment2_Layer:=0\n\n" +
	"\x01\x00\x01\x01\x01\x00\x00\x00\x02\x00\x00\x00"

// TestLayers checks that segments in several layers become labels, and that the smaller one wins where they overlap.
func TestLayers(t *testing.T) {
	l, err := ReadLabelMap(writeTemp(t, "a.seg.nrrd", []byte(layeredNRRD)))
	require.NoError(t, err)
	require.Equal(t, [3]int{3, 2, 1}, l.Dim)
	require.Equal(t, []int32{1, 2, 1, 0, 3, 0}, l.Data)
	require.Equal(t, map[int32]Label{1: {"liver", color.RGBA{255, 128, 0, 255}}, 2: {Name: "lesion"}, 3: {Name: "spleen"}}, l.Legend)
	require.Len(t, l.Notes, 2)
	require.Contains(t, l.Notes[1], "1 voxels belong to more than one region")
}

// TestLayerVariants reads layers along different axes, and refuses those whose values belong to no segment.
func TestLayerVariants(t *testing.T) {
	const head = "NRRD0004\ntype: uint8\nspace: LPS\nencoding: raw\n"
	const two = "Segment0_ID:=a\nSegment0_LabelValue:=4\nSegment0_Layer:=0\nSegment1_ID:=b\nSegment1_LabelValue:=9\nSegment1_Layer:=1\n\n"
	for name, text := range map[string]string{
		"list axis last":   head + "dimension: 4\nsizes: 3 1 1 2\nkinds: domain domain domain list\n" + two + "\x04\x00\x00\x00\x09\x00",
		"list axis second": head + "dimension: 4\nsizes: 3 2 1 1\nspace directions: (1,0,0) (nan,nan,nan) (0,1,0) (0,0,1)\n" + two + "\x04\x00\x00\x00\x09\x00",
		"one layer":        head + "dimension: 3\nsizes: 3 1 1\n" + two + "\x04\x09\x00",
		"list of one":      head + "dimension: 4\nsizes: 1 3 1 1\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\n" + two + "\x04\x09\x00",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ReadLabelMap(writeTemp(t, "a.nrrd", []byte(text)))
			require.NoError(t, err)
			require.Equal(t, []int32{4, 9, 0}, l.Data)
			require.Equal(t, map[int32]Label{4: {Name: "a"}, 9: {Name: "b"}}, l.Legend)
		})
	}
	refused(t, writeTemp(t, "a.nrrd", []byte(head+"dimension: 4\nsizes: 2 3 1 1\nkinds: list domain domain domain\n"+two+"\x07\x00\x00\x09\x00\x00")), "values that belong to no segment of their layer")
	refused(t, writeTemp(t, "a.nrrd", []byte(head+"dimension: 4\nsizes: 2 3 1 1\nkinds: list domain domain domain\n\n\x00\x00\x00\x00\x00\x00")), "more than one value per voxel")
}

// TestSlicerSegmentationWritten checks that a .seg.nrrd names its segments, and that names and colors are read back.
func TestSlicerSegmentationWritten(t *testing.T) {
	l := NewLabelMap(testImage(2))
	l.Data[3], l.Data[20] = 6, 2
	l.Legend = map[int32]Label{6: {"left\nkidney", color.RGBA{10, 20, 30, 255}}}
	path := filepath.Join(t.TempDir(), "o.seg.nrrd")
	require.NoError(t, WriteLabelMap(path, l, WriteOptions{}))
	got, err := ReadLabelMap(path)
	require.NoError(t, err)
	require.Equal(t, l.Data, got.Data)
	require.Equal(t, Label{"left kidney", color.RGBA{10, 20, 30, 255}}, got.Legend[6])
	require.Equal(t, "label 2", got.Legend[2].Name)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(raw), "Segment1_LabelValue:=6\n")
}

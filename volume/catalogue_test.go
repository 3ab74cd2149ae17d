package volume

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCatalogue reads every volume that the data folder's catalogue lists and compares shape, spacing,
// axis codes, slice axis, intensity range and voxels per label with what the catalogue says.
func TestCatalogue(t *testing.T) {
	root := sharedFolder(t, "SLMSAM_DATA", "data")
	f, err := os.Open(filepath.Join(root, "CATALOGUE.tsv"))
	if err != nil {
		t.Skipf("no catalogue in the data folder: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	require.True(t, lines.Scan())
	columns := strings.Split(lines.Text(), "\t")
	for lines.Scan() {
		row := map[string]string{}
		for i, cell := range strings.Split(lines.Text(), "\t") {
			row[columns[i]] = cell
		}
		t.Run(row["case"], func(t *testing.T) { checkCase(t, filepath.Join(root, row["case"]), row) })
	}
	require.NoError(t, lines.Err())
}

var labelCount = regexp.MustCompile(`(?:^|; )(\d+)=[^;]*?\((\d+) vx`)

func checkCase(t *testing.T, folder string, row map[string]string) {
	image, err := Read(filepath.Join(folder, "image.nii.gz"))
	require.NoError(t, err)
	require.Equal(t, row["shape"], fmt.Sprintf("%dx%dx%d", image.Dim[0], image.Dim[1], image.Dim[2]))
	require.Equal(t, row["orientation"], image.Geom.Orientation())
	if !strings.HasSuffix(folder, "ct_vertebrae") { // cut out of the body: hardly a voxel of air tells that it is CT
		require.Equal(t, row["modality"] == "CT", image.LooksLikeCT())
	}
	var spacing [3]float64
	for axis, text := range strings.Split(row["spacing_mm"], "x") {
		spacing[axis], err = strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		require.InDelta(t, spacing[axis], image.Geom.Spacing[axis], 1e-3) // the catalogue rounds to three decimals
	}
	if spacing != [3]float64{spacing[0], spacing[0], spacing[0]} { // else only the catalogue knows
		require.Equal(t, row["slice_axis"], strconv.Itoa(image.AcquisitionAxis()))
	}
	lo, hi := image.Range()
	require.Equal(t, row["intensity_range"], fmt.Sprintf("%d..%d", int(math.Round(lo)), int(math.Round(hi))))

	labels, err := ReadLabelMap(filepath.Join(folder, "label.nii.gz"))
	require.NoError(t, err)
	require.NoError(t, CheckSameGrid(image, labels))
	counts := labels.Counts()
	delete(counts, 0)
	want := map[int32]int{}
	for _, m := range labelCount.FindAllStringSubmatch(row["labels"], -1) {
		number, _ := strconv.Atoi(m[1])
		want[int32(number)], _ = strconv.Atoi(m[2])
	}
	require.Equal(t, want, counts)
}

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

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// TestCatalogue reads every volume that the data folder's catalogue lists, and compares shape, spacing, axis codes, slice
// axis, intensity range and voxels per label with the catalogue.
func TestCatalogue(t *testing.T) {
	root := shared.Need(t, "SLMSAM_DATA", "data")
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

// labelCount matches a label in the catalogue with its number of voxels.
var labelCount = regexp.MustCompile(`(?:^|; )(\d+)=[^;]*?\((\d+) vx`)

// checkCase compares a volume and its label map with a row of the catalogue.
func checkCase(t *testing.T, folder string, row map[string]string) {
	image, err := Read(filepath.Join(folder, "image.nii.gz"))
	require.NoError(t, err)
	require.Equal(t, row["shape"], fmt.Sprintf("%dx%dx%d", image.Dim[0], image.Dim[1], image.Dim[2]))
	require.Equal(t, row["orientation"], image.Geom.Orientation())
	if !strings.HasSuffix(folder, "ct_vertebrae") { // cut out of the body, with hardly any air to recognize CT by
		require.Equal(t, row["modality"] == "CT", image.LooksLikeCT())
	}
	var spacing [3]float64
	for axis, text := range strings.Split(row["spacing_mm"], "x") {
		spacing[axis], err = strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		require.InDelta(t, spacing[axis], image.Geom.Spacing[axis], 1e-3) // the catalogue rounds to three decimals
	}
	if spacing != [3]float64{spacing[0], spacing[0], spacing[0]} { // otherwise, only the catalogue knows the slice axis
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

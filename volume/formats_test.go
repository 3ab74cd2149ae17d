package volume

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// expectedFormat is an entry of formats/expected.json: a file or series as pydicom and independent NRRD and MetaImage
// parsers read it.
type expectedFormat struct {
	Format    string     `json:"format"`
	Files     []string   `json:"files"`
	Shape     [3]int     `json:"shape"`
	Dtype     string     `json:"dtype"`
	Spacing   [3]float64 `json:"spacing"`
	Origin    [3]float64 `json:"origin_lps"`
	Direction Matrix3    `json:"direction_lps"` // columns are the axes
	Min       float64    `json:"min"`
	Max       float64    `json:"max"`
	SHA256    string     `json:"sha256"`
}

// Matrix3 is a 3x3 matrix, row by row.
type Matrix3 [3][3]float64

// TestFormatsAgainstExpected compares files of several formats with what independent programs read in them.
func TestFormatsAgainstExpected(t *testing.T) {
	root := filepath.Join(shared.Need(t, "SLMSAM_DATA", "data"), "formats")
	raw, err := os.ReadFile(filepath.Join(root, "expected.json"))
	if err != nil {
		t.Skipf("no format fixtures: %v", err)
	}
	var all struct{ Fixtures map[string]expectedFormat }
	require.NoError(t, json.Unmarshal(raw, &all))
	for name, want := range all.Fixtures {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(root, want.Files[0])
			if want.Format == "DICOM series" {
				path = filepath.Dir(path)
			}
			v, err := Read(path)
			require.NoError(t, err)
			checkExpected(t, v, want)
		})
	}
}

func checkExpected(t *testing.T, v *Volume, want expectedFormat) {
	require.Equal(t, want.Shape, v.Dim)
	lps := v.Geom.Affine.swapLPS()
	for axis := range 3 {
		require.InDelta(t, want.Spacing[axis], v.Geom.Spacing[axis], 1e-4)
		require.InDelta(t, want.Origin[axis], lps[axis][3], 1e-4)
		for r := range 3 {
			require.InDelta(t, want.Direction[r][axis], lps[r][axis]/v.Geom.Spacing[axis], 1e-4)
		}
	}
	lo, hi := v.Range()
	require.Equal(t, want.Min, lo)
	require.Equal(t, want.Max, hi)
	kind := map[string]sampleKind{"int16": kindInt16, "float32": kindFloat32}[want.Dtype]
	raw := make([]byte, len(v.Data)*kind.size())
	for i, x := range v.Data {
		kind.put(raw[i*kind.size():], float64(x))
	}
	sum := sha256.Sum256(raw)
	require.Equal(t, want.SHA256, hex.EncodeToString(sum[:]))
}

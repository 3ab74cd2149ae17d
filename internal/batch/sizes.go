package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Sizes are the numbers of slices of the cases, read from the headers. The part that comes first keeps them in the
// output folder, so that all parts deal the cases out alike even if a file cannot be read for a moment.
func Sizes(out string, cases []Case) ([]int, error) {
	list := sha256.New()
	for _, c := range cases {
		fmt.Fprintln(list, c.Name, c.Image)
	}
	path := filepath.Join(out, journals, "sizes-"+hex.EncodeToString(list.Sum(nil)[:6])+".json")
	if sizes, err := readSizes(path, len(cases)); !errors.Is(err, fs.ErrNotExist) {
		return sizes, err
	}
	sizes := make([]int, len(cases))
	for i, c := range cases {
		sizes[i] = slicesOf(c.Image)
	}
	data, err := json.Marshal(sizes)
	if err == nil {
		err = wholefile.WriteBytes(path, data)
	}
	if err != nil {
		return nil, fmt.Errorf("batch: the sizes of the volumes: %w", err)
	}
	return readSizes(path, len(cases)) // another part may have written it meanwhile
}

func readSizes(path string, n int) ([]int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var sizes []int
	if err := json.Unmarshal(data, &sizes); err != nil || len(sizes) != n {
		return nil, fmt.Errorf("batch: %s is damaged: delete it", path)
	}
	return sizes, nil
}

// slicesOf counts a volume's slices; one that cannot be read counts 1, as it fails at once.
func slicesOf(path string) int {
	g, err := volume.Stat(path)
	if err != nil {
		return 1
	}
	return g.Dim[g.AcquisitionAxis()]
}

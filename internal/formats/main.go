// Command formats reads the files named on its standard input, one a line, and writes what it makes of each to a folder,
// for comparison with the libraries that define the formats (compare.py). A development tool, not part of slmsam.
//
//	python3 compare.py FOLDER...
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/volume"
)

// report is what is known of a file: an error, or its grid. The voxels are in the file Voxels, as float32.
type report struct {
	Path    string        `json:"path"`
	Error   string        `json:"error,omitempty"`
	Dim     [3]int        `json:"dim"`
	Affine  volume.Affine `json:"affine"` // voxel index to RAS+ mm
	Nominal bool          `json:"nominal"`
	Notes   []string      `json:"notes"`
	Voxels  string        `json:"voxels"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: formats FOLDER <PATHS")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "formats:", err)
		os.Exit(1)
	}
}

// run reads all files and prints one JSON object a line.
func run(folder string) error {
	out := json.NewEncoder(os.Stdout)
	paths := bufio.NewScanner(os.Stdin)
	for i := 0; paths.Scan(); i++ {
		r := report{Path: paths.Text(), Voxels: filepath.Join(folder, fmt.Sprintf("%04d.f32", i))}
		v, err := volume.Read(r.Path)
		if err != nil {
			r.Error = err.Error()
		} else {
			r.Dim, r.Affine, r.Nominal, r.Notes = v.Dim, v.Geom.Affine, v.Geom.Nominal, v.Notes
			raw := make([]byte, 0, 4*len(v.Data))
			for _, x := range v.Data {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
			}
			if err := os.WriteFile(r.Voxels, raw, 0o644); err != nil {
				return err
			}
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return paths.Err()
}

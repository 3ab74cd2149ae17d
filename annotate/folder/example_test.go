package folder_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
)

// A served folder lists its volumes by name, whatever their format.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "slmsam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	dim := [3]int{8, 8, 4}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 256), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 3})}
	if err := volume.WriteVolume(filepath.Join(dir, "knee.nii.gz"), v, volume.WriteOptions{}); err != nil {
		log.Fatal(err)
	}

	f, err := folder.Open(dir, 1<<20)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	volumes, err := f.Volumes()
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range volumes {
		read, err := f.Read(v)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(v.ID, v.Ext, read.Dim)
	}
	// Output: knee .nii.gz [8 8 4]
}

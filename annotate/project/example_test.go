package project_test

import (
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
)

// A folder of volumes as a project: what is drawn on a slice is on disk at once, and can be undone.
func Example() {
	dir, err := os.MkdirTemp("", "slmsam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := volume.WriteVolume(filepath.Join(dir, "ball.nii.gz"), annotatetest.Ball(12, 40, 44), volume.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	served, err := folder.Open(dir, annotatetest.Limits.Voxels)
	if err != nil {
		log.Fatal(err)
	}
	defer served.Close()
	// A server has a *slmsam.Model here; this one copies outlines to the slices nearby.
	p, err := project.Open(served, annotatetest.Copier{}, annotatetest.Limits, slog.New(slog.DiscardHandler))
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()

	d, err := p.Document("ball")
	if err != nil {
		log.Fatal(err)
	}
	slice := make([]uint8, 40*44)
	slice[100], slice[101] = 1, 1
	by := project.Author{Name: "Ada", Base: d.Snapshot().Revision}
	revision, err := d.Draw(by, 6, project.EncodePlane(slice), map[int]project.Object{1: {Name: "lesion", Color: "#0072b2"}})
	if err != nil {
		log.Fatal(err)
	}
	undone, err := d.Undo(revision, "Ada")
	fmt.Println(revision, undone, err)
	// Output: 1 true <nil>
}

package session_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/session"
)

// What a protocol server does with a session: open a volume, apply a stroke, run, and fetch the mask. The model here
// copies the outline to slices nearby; a server has a slmsam.Model.
func Example() {
	dir, err := os.MkdirTemp("", "slmsam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	served, err := folder.Open(dir, annotatetest.Limits.Voxels)
	if err != nil {
		log.Fatal(err)
	}
	defer served.Close()
	engine, err := project.Open(served, annotatetest.Copier{}, annotatetest.Limits, slog.New(slog.DiscardHandler))
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()

	s, err := session.New(engine, annotatetest.Limits).Open(annotatetest.Ball(12, 40, 44))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	const object = 1
	outline := annotate.Stroke{Kind: annotate.Outline, Axis: 2,
		Region: annotate.Region{Lo: [3]int{10, 5, 6}, Hi: [3]int{12, 7, 7}}, Mask: []bool{true, true, true, true}}
	if err := s.Apply(context.Background(), object, outline); err != nil {
		log.Fatal(err)
	}
	ran, err := s.Run(context.Background(), object, nil)
	if err != nil {
		log.Fatal(err)
	}
	mask := make([]uint8, 12*40*44)
	if err := s.Mask(object, mask); err != nil {
		log.Fatal(err)
	}
	voxels := 0
	for _, m := range mask {
		voxels += int(m)
	}
	fmt.Println("ran:", ran, "voxels:", voxels)
	// Output: ran: true voxels: 28
}

// Calibrate moves the score that says whether an object is on a slice, without training: it adds a number to the
// last bias of the score head. Below 0, objects count as absent sooner.
//
//	go run ./internal/nano/calibrate IN.safetensors OUT.safetensors -2 # replaces OUT
//
// Which number is best is measured by go run ./internal/nano/card on volumes that are not those of the final test
// (docs/nano.md).
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/train"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("calibrate: ")
	if len(os.Args) != 4 {
		log.Fatal("usage: calibrate IN OUT NUMBER")
	}
	if err := calibrate(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func calibrate(in, out, number string) error {
	add, err := strconv.ParseFloat(number, 32)
	if err != nil {
		return err
	}
	f, err := checkpoint.Read(in)
	if err != nil {
		return err
	}
	c, err := slmsam.ConfigOf(f)
	if err != nil {
		return err
	}
	name := train.PresenceBias(c)
	t := f.Tensors[name]
	if t == nil || len(t.Data) != 1 {
		return fmt.Errorf("%s: %s is not there, or not one number", in, name)
	}
	t.Data[0] += float32(add)
	return checkpoint.WriteSafetensors(out, f.List(), f.Metadata, checkpoint.Options{Force: true})
}

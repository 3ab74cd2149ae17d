// Loop plays the annotator: it outlines each object's central slice, propagates, looks for the worst slice, outlines
// that, and propagates again. docs/loop.md is made of its tables.
//
//	go run ./internal/loop -data ../shared/data -cases docs/loop/cases.txt -o docs/loop/nano.csv
//	go run ./internal/loop -data DIR -checkpoint run/best.safetensors
//	go run ./internal/loop -data DIR -rounds 1 -at 0.1      the first outline is on a slice that shows little, near the object's end
//	go run ./internal/loop -data DIR -rounds 1 -known       what presence costs: the model is told where each object begins and ends
//	go run ./internal/loop -data DIR -clicks 5              clicks on the central slice instead, and nothing is propagated
//	go run ./internal/loop -data DIR -clicks 3 -box         the same in each object's true box
//
// DIR holds SOURCE/CASE/image.nii.gz and label.nii.gz, and CATALOGUE.tsv with the columns case (SOURCE/CASE) and slice_axis;
// without that file slices are taken across the acquisition axis. Of each volume, the labels on at least five slices
// count, the largest six. Scores leave out every slice that is given in any of the rounds, so that they can be compared
// from round to round.
package main

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "", "folder of labeled volumes")
	cases := flag.String("cases", "", "file with lines SOURCE/CASE; without it all")
	checkpoint := flag.String("checkpoint", nano.Name, "weights")
	order := flag.String("order", "blended", "blended, nearest or official")
	rounds := flag.Int("rounds", 3, "outlines per object")
	at := flag.Float64("at", -1, "outline first the slice that has this share of the object's volume before it, 0 to 1 (default: the central slice)")
	known := flag.Bool("known", false, "tell the model which slices hold the object")
	clicks := flag.Int("clicks", 0, "click so often on each object's central slice, and propagate nothing")
	from := flag.Int("from", 0, "with -clicks: correct the outline of the slice so many slices further; 0: start with a click on the object, or with -box")
	box := flag.Bool("box", false, "start -clicks with a box around the object on its central slice")
	out := flag.String("o", "loop.csv", "table of every object and round")
	flag.Parse()
	a := annotator{rounds: *rounds, at: *at, known: *known, clicks: *clicks, from: *from, box: *box}
	if err := run(*data, *cases, *checkpoint, *order, a, *out); err != nil {
		log.Fatal("loop: ", err)
	}
}

func run(data, list, weights, order string, annotator annotator, out string) error {
	cases, err := findCases(data, list)
	if err != nil {
		return err
	}
	if _, ok := slmsam.Orders[order]; !ok {
		return fmt.Errorf("-order %q: want blended, nearest or official", order)
	}
	dev, why, err := slmsam.OpenDevice(slmsam.DeviceOptions{})
	if err != nil {
		return err
	}
	defer dev.Close()
	log.Printf("%s %s", dev.Name(), why)
	if annotator.model, err = slmsam.Open(dev, weights); err != nil {
		return err
	}
	annotator.order = slmsam.Orders[order]
	var all []object
	for i, c := range cases {
		objects, err := annotator.annotate(context.Background(), c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		all = append(all, objects...)
		log.Printf("%d of %d: %s, %d objects", i+1, len(cases), c.name, len(objects))
	}
	if annotator.clicks > 0 || annotator.box {
		summarizeClicks(os.Stdout, all)
		return nil
	}
	if err := write(out, all); err != nil {
		return err
	}
	summarize(os.Stdout, all, annotator.rounds)
	return nil
}

// write stores a row for every object and round.
func write(path string, all []object) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	rows := [][]string{{"case", "label", "outlines", "slices", "dsc", "dsc_in_range", "dsc_in_gaps"}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }
	for _, o := range all {
		for k, r := range o.rounds {
			rows = append(rows, []string{o.name, strconv.Itoa(o.label), strconv.Itoa(k + 1), slmsam.Ranges(sorted(o.given[:k+1])),
				number(r.whole), number(r.inRange), number(r.gaps)})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return f.Close()
}

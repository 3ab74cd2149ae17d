package dicom

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse feeds whatever the fuzzer makes of the seeds to the parser, and looks at everything that it finds: all
// sequences, and the pixels where they are not compressed by others. Nothing may panic.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.dcm")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(open(0x00081140, "UN", item(implicit(0x00081155, "1.2 "))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		Is(raw)
		d, err := Parse(raw)
		if err != nil {
			return
		}
		walk(d, 0)
		p, err := d.Pixels()
		if err != nil || p.Rows*p.Columns > 1<<16 || jpegSyntaxes[p.Syntax] != "" {
			return
		}
		for i := range min(p.Frames, 4) {
			if values, err := p.Frame(i); err == nil && len(values) != p.Rows*p.Columns {
				t.Fatalf("%d values for %dx%d pixels", len(values), p.Columns, p.Rows)
			}
		}
	})
}

// walk reads all elements of a data set in every way.
func walk(d *DataSet, depth int) {
	for tag := range d.fields {
		_, _ = d.Number(tag)
		d.Shorts(tag)
		items, err := d.Items(tag)
		if err == nil && depth < 3 {
			for _, i := range items {
				walk(i, depth+1)
			}
		}
	}
}

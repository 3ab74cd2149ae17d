package dicom

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse checks that no bytes make the parser panic, nor reading everything that it finds: all sequences, and the pixels
// unless they are compressed by an external codec.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.dcm")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
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
			if values, err := p.Frame(i); err == nil {
				require.Len(t, values, p.Rows*p.Columns)
			}
		}
	})
}

// walk reads all elements of a data set in every possible way.
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

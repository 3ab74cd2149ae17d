package dicom_test

import (
	"fmt"
	"log"
	"os"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// A file's elements and its pixels. For series, segmentations and contours as volumes, see package volume.
func ExampleParse() {
	raw, err := os.ReadFile("testdata/m16.rle.dcm")
	if err != nil {
		log.Fatal(err)
	}
	set, err := dicom.Parse(raw)
	if err != nil {
		log.Fatal(err)
	}
	const rows, columns = dicom.Tag(0x00280010), dicom.Tag(0x00280011)
	fmt.Println(dicom.SyntaxName(set.Syntax), set.Short(rows, 0), "x", set.Short(columns, 0), set.HasImage())
	// Output: RLE (1.2.840.10008.1.2.5) 10 x 12 true
}

package gdcm_test

import (
	"fmt"
	"log"
	"os"

	"github.com/seed-6f79f512/slmsam/volume/dicom/gdcm"
)

// A JPEG 2000 picture, unpacked in the sandbox.
func ExampleDecode() {
	file, err := os.ReadFile("../testdata/u8.j2k.dcm")
	if err != nil {
		log.Fatal(err)
	}
	picture, err := gdcm.Decode(file, 12*10)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(picture.Width, "x", picture.Height)
	// Output: 12 x 10
}

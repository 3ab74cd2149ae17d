package volume_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/volume"
)

// From a DICOM series to the model's input, and from a mask of one slice to a label map on the same grid.
func Example() {
	image, err := volume.Read("testdata/dicom_rle")
	if err != nil {
		fmt.Println(err)
		return
	}
	axis := image.AcquisitionAxis()
	window, err := volume.AutoWindow(image)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, w := volume.SliceSize(image.Dim, axis)
	pixels := window.Apply(image.Slice(axis, 1))
	input := volume.ImageNet(volume.ResizePIL(pixels, h, w, 256, 256, volume.Bicubic))
	fmt.Println("axis", axis, "of", image.Dim, "input", len(input))

	labels := volume.NewLabelMap(image)
	mask := make([]int32, h*w)
	mask[0] = 7
	labels.SetSlice(axis, 1, mask)
	out := filepath.Join(os.TempDir(), "slmsam-example.nii.gz")
	defer os.Remove(out)
	if err := volume.WriteLabelMap(out, labels, volume.WriteOptions{Force: true}); err != nil {
		fmt.Println(err)
		return
	}
	back, err := volume.ReadLabelMap(out)
	fmt.Println(back.Counts()[7], err, volume.CheckSameGrid(image, back))
	// Output:
	// axis 2 of [5 4 3] input 196608
	// 1 <nil> <nil>
}

package volume

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// fuzzReader feeds whatever the fuzzer makes of the seeds to the readers under a name that selects one
// format. Nothing may panic, and what is read must be complete and come back from a written file.
func fuzzReader(f *testing.F, name string, seeds ...string) {
	for _, seed := range seeds {
		files, err := filepath.Glob(filepath.Join("testdata", seed))
		if err != nil || len(files) == 0 {
			f.Fatalf("no seed %s: %v", seed, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	dir := f.TempDir()
	in, out := filepath.Join(dir, name), filepath.Join(dir, "out.nii")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(in, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		if v, err := Read(in); err == nil {
			checkComplete(t, v.Dim, len(v.Data))
			_ = v.Geom.describe()
			if w, err := AutoWindow(v); err == nil {
				w.Apply(v.Slice(v.AcquisitionAxis(), 0))
			}
		}
		l, err := ReadLabelMap(in)
		if err != nil {
			return
		}
		checkComplete(t, l.Dim, len(l.Data))
		if err := WriteLabelMap(out, l, WriteOptions{Force: true}); err != nil {
			t.Fatalf("labels were read but cannot be written: %v", err)
		}
		again, err := ReadLabelMap(out)
		if err != nil || again.Dim != l.Dim {
			t.Fatalf("labels were written but cannot be read back: %v", err)
		}
	})
}

func checkComplete(t *testing.T, dim [3]int, n int) {
	if n != dim[0]*dim[1]*dim[2] || n == 0 {
		t.Fatalf("%d voxels for a %v grid", n, dim)
	}
}

func FuzzNIfTI(f *testing.F) { fuzzReader(f, "in.nii", "*.nii", "*.nii.gz", "*.hdr") }
func FuzzNRRD(f *testing.F) {
	f.Add([]byte(layeredNRRD))
	fuzzReader(f, "in.nrrd", "*.nrrd", "*.nhdr")
}
func FuzzMHA(f *testing.F)   { fuzzReader(f, "in.mha", "*.mha", "*.mhd") }
func FuzzDICOM(f *testing.F) { fuzzReader(f, "in.dcm", "dicom_*/*.dcm") }

// FuzzMask feeds DICOM segmentations and contours to ReadMask: what comes back covers the image's grid or its own.
func FuzzMask(f *testing.F) {
	image := &Volume{Dim: [3]int{4, 3, 5}, Data: make([]float32, 60), Geom: NewGeometry([3]int{4, 3, 5}, [3]float64{1, 1, 2})}
	image.Geom.DICOM = testSeries(5)
	labels := NewLabelMap(image)
	for i := range labels.Data {
		labels.Data[i] = int32(i % 3)
	}
	var seg bytes.Buffer
	if err := labels.writeSegmentation(&seg, time.Unix(0, 0)); err != nil {
		f.Fatal(err)
	}
	f.Add(seg.Bytes())
	f.Add(testContours(contour{number: 2, points: [][3]float64{{0, 0, 2}, {-3, 0, 2}, {-3, -2, 2}}}))
	in := filepath.Join(f.TempDir(), "in.dcm")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(in, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		if l, err := ReadMask(in, image); err == nil {
			checkComplete(t, l.Dim, len(l.Data))
		}
	})
}

// FuzzNumberedFiles: any description of numbered voxel files gives an error or a bounded list.
func FuzzNumberedFiles(f *testing.F) {
	for _, seed := range []string{"s%02d.raw 0 9 1", "a%d 3 1 -1 2", "%5d.raw -3 3 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if names, err := numberedFiles(field); err == nil && (len(names) == 0 || len(names) > maxVoxelFiles) {
			t.Fatalf("%d names", len(names))
		}
	})
}

func FuzzStack(f *testing.F) { fuzzReader(f, "in.png", "png*/*.png") }

package volume

import (
	"os"
	"path/filepath"
	"testing"
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
func FuzzNRRD(f *testing.F)  { fuzzReader(f, "in.nrrd", "*.nrrd", "*.nhdr") }
func FuzzMHA(f *testing.F)   { fuzzReader(f, "in.mha", "*.mha", "*.mhd") }
func FuzzDICOM(f *testing.F) { fuzzReader(f, "in.dcm", "dicom_*/*.dcm") }
func FuzzStack(f *testing.F) { fuzzReader(f, "in.png", "png*/*.png") }

package volume

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fuzzReader passes what the fuzzer makes of the seeds to the readers, in a file whose name selects the format. Nothing may
// panic, and a label map that is read must be complete and survive being written.
func fuzzReader(f *testing.F, name string, seeds ...string) {
	for _, seed := range seeds {
		files, err := filepath.Glob(filepath.Join("testdata", seed))
		require.NoError(f, err)
		require.NotEmpty(f, files, "seeds %s", seed)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(raw)
		}
	}
	dir := f.TempDir()
	in, out := filepath.Join(dir, name), filepath.Join(dir, "out.nii")
	f.Fuzz(func(t *testing.T, raw []byte) {
		require.NoError(t, os.WriteFile(in, raw, 0o644))
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
		require.NoError(t, WriteLabelMap(out, l, WriteOptions{Force: true}))
		again, err := ReadLabelMap(out)
		require.NoError(t, err)
		require.Equal(t, l.Dim, again.Dim)
	})
}

// checkComplete checks that n voxels fill a grid.
func checkComplete(t *testing.T, dim [3]int, n int) {
	require.Positive(t, n)
	require.Equal(t, dim[0]*dim[1]*dim[2], n, "voxels for a %v grid", dim)
}

// FuzzNIfTI reads NIfTI files; see fuzzReader.
func FuzzNIfTI(f *testing.F) { fuzzReader(f, "in.nii", "*.nii", "*.nii.gz", "*.hdr") }

// FuzzNRRD reads NRRD files; see fuzzReader.
func FuzzNRRD(f *testing.F) {
	f.Add([]byte(layeredNRRD))
	fuzzReader(f, "in.nrrd", "*.nrrd", "*.nhdr")
}

// FuzzMHA reads MetaImage files; see fuzzReader.
func FuzzMHA(f *testing.F) { fuzzReader(f, "in.mha", "*.mha", "*.mhd") }

// FuzzDICOM reads DICOM files; see fuzzReader.
func FuzzDICOM(f *testing.F) { fuzzReader(f, "in.dcm", "dicom_*/*.dcm") }

// FuzzMask checks that a DICOM segmentation or contours, if they are accepted, give a complete label map.
func FuzzMask(f *testing.F) {
	image := &Volume{Dim: [3]int{4, 3, 5}, Data: make([]float32, 60), Geom: NewGeometry([3]int{4, 3, 5}, [3]float64{1, 1, 2})}
	image.Geom.DICOM = testSeries(5)
	labels := NewLabelMap(image)
	for i := range labels.Data {
		labels.Data[i] = int32(i % 3)
	}
	var seg bytes.Buffer
	require.NoError(f, labels.writeSegmentation(&seg, time.Unix(0, 0)))
	f.Add(seg.Bytes())
	f.Add(testContours(contour{number: 2, points: [][3]float64{{0, 0, 2}, {-3, 0, 2}, {-3, -2, 2}}}))
	in := filepath.Join(f.TempDir(), "in.dcm")
	f.Fuzz(func(t *testing.T, raw []byte) {
		require.NoError(t, os.WriteFile(in, raw, 0o644))
		if l, err := ReadMask(in, image); err == nil {
			checkComplete(t, l.Dim, len(l.Data))
		}
	})
}

// FuzzNumberedFiles checks that a description of numbered voxel files gives an error or a list of limited length.
func FuzzNumberedFiles(f *testing.F) {
	for _, seed := range []string{"s%02d.raw 0 9 1", "a%d 3 1 -1 2", "%5d.raw -3 3 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if names, err := numberedFiles(field); err == nil {
			require.NotEmpty(t, names)
			require.LessOrEqual(t, len(names), maxVoxelFiles)
		}
	})
}

// FuzzStack reads pictures; see fuzzReader.
func FuzzStack(f *testing.F) { fuzzReader(f, "in.png", "png*/*.png") }

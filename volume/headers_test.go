package volume

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVoxelFiles reads voxels from a list of files, from numbered files, from an absolute path, and from compressed
// files with something before the voxels.
func TestVoxelFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, raw []byte) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o644))
	}
	whole := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	for i := range 4 {
		write(fmt.Sprintf("s%02d.raw", i), whole[2*i:2*i+2])
		write(fmt.Sprintf("sub/h%d.bin", 5-i), append([]byte("head"), whole[2*i:2*i+2]...))
	}
	write("v.raw", whole)
	write("headed.raw", append([]byte("seven b"), whole...))
	write("headed.gz", gzipBytes(t, append([]byte("seven b"), whole...)))
	write("hex.txt", []byte("0102 0304\n05 06\n0708\n"))

	const nrrd = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 2\n"
	const mha = "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
	for i, c := range []struct{ name, text string }{
		{"a.nhdr", nrrd + "encoding: raw\ndata file: LIST\ns00.raw\ns01.raw\ns02.raw\ns03.raw\n"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: 4\ndata file: LIST 2\nsub/h5.bin\n\nsub/h4.bin\nsub/h3.bin\nsub/h2.bin"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: -1\ndatafile: sub\\h%d.bin 5 2 -1\n"},
		{"a.nhdr", nrrd + "encoding: raw\ndata file: s%02d.raw 0 3 1 2\n"},
		{"a.nhdr", nrrd + "encoding: raw\ndata file: " + filepath.Join(dir, "v.raw") + "\n"},
		{"a.nhdr", nrrd + "encoding: raw\ndata file: C:\\study\\v.raw\n"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: -1\ndata file: headed.raw\n"},
		{"a.nhdr", nrrd + "encoding: raw\nbyte skip: 7\ndata file: headed.raw\n"},
		{"a.nhdr", nrrd + "encoding: gzip\nbyte skip: -1\ndata file: headed.gz\n"},
		{"a.nhdr", nrrd + "encoding: gzip\nbyte skip: 7\ndata file: headed.gz\n"},
		{"a.nhdr", nrrd + "encoding: hex\ndata file: hex.txt\n"},
		{"a.nrrd", nrrd + "encoding: raw\n\n\x01\x02\x03\x04\x05\x06\x07\x08\n"},
		{"a.mhd", mha + "ElementDataFile = LIST\ns00.raw\ns01.raw\ns02.raw\ns03.raw\n"},
		{"a.mhd", mha + "HeaderSize = 4\nElementDataFile = LIST 2D\nsub/h5.bin\nsub/h4.bin\nsub/h3.bin\nsub/h2.bin\n"},
		{"a.mhd", mha + "HeaderSize = -1\nElementDataFile = sub/h%d.bin 5 2 -1\n"},
		{"a.mhd", mha + "ElementDataFile = " + filepath.Join(dir, "v.raw") + "\n"},
		{"a.mhd", mha + "ElementDataFile = /elsewhere/v.raw\n"},
		{"a.mhd", mha + "HeaderSize = 7\nElementDataFile = headed.raw\n"},
	} {
		write(c.name, []byte(c.text))
		v, err := Read(filepath.Join(dir, c.name))
		require.NoError(t, err, "%d", i)
		require.Equal(t, []float32{1, 2, 3, 4, 5, 6, 7, 8}, v.Data, "%d", i)
	}
	for want, text := range map[string]string{
		"holds 7 bytes more than the header promises":   nrrd + "encoding: raw\ndata file: headed.raw\n",
		"7 bytes more than the header promises, so":     nrrd + "encoding: gzip\ndata file: headed.gz\n",
		"voxel file s04.raw: no such file":              nrrd + "encoding: raw\ndata file: s%02d.raw 1 4 1\n",
		"8 voxels cannot be spread evenly over 3 files": nrrd + "encoding: raw\ndata file: LIST\ns00.raw\ns01.raw\ns02.raw\n",
		"names none":                        nrrd + "encoding: raw\ndata file: LIST\n",
		"want NAME%03d.raw FIRST LAST STEP": nrrd + "encoding: raw\ndata file: s%s.raw 0 3 1\n",
		"voxel file sub/h5.bin: the header promises 2 bytes": nrrd + "encoding: raw\nbyte skip: 9\ndata file: LIST\nsub/h5.bin\nsub/h4.bin\nsub/h3.bin\nsub/h2.bin\n",
		"want a file in the header's own folder":             nrrd + "encoding: raw\ndata file: /etc/passwd\n",
	} {
		write("bad.nhdr", []byte(text))
		refused(t, filepath.Join(dir, "bad.nhdr"), want)
	}
	write("bad.mhd", []byte(mha+"ElementDataFile = headed.raw\n"))
	refused(t, filepath.Join(dir, "bad.mhd"), "HeaderSize: -1 takes the end of the data")
}

// TestNRRDDirections reads headers that say in different ways that an axis has no direction.
func TestNRRDDirections(t *testing.T) {
	const head = "NRRD0004\ntype: uint8\nspace: LPS\nencoding: raw\n"
	for _, text := range []string{
		"dimension: 4\nsizes: 1 2 1 1\nspace directions: (nan,nan,nan) (2,0,0) (0,1,0) (0,0,1)\n\n\x01\x02",
		"dimension: 4\nsizes: 2 1 1 1\nspace directions: (2,0,0) (0,1,0) (0,0,1) (NaN, NaN, NaN)\n\n\x01\x02",
		"dimension: 4\nsizes: 2 1 1 1\nspace directions: (2,0,0) none (0,1,0) (0,0,1)\n\n\x01\x02",
		"dimension: 5\nsizes: 1 1 2 1 1\nspace directions: none none (2,0,0) (0,1,0) (0,0,1)\n\n\x01\x02",
	} {
		v, err := Read(writeTemp(t, "a.nrrd", []byte(head+text)))
		require.NoError(t, err)
		require.Equal(t, [3]int{2, 1, 1}, v.Dim)
		require.Equal(t, [3]float64{2, 1, 1}, v.Geom.Spacing)
	}
}

// TestMHALong checks that MET_LONG has four bytes, whatever the machine.
func TestMHALong(t *testing.T) {
	for kind, want := range map[string]float32{"MET_LONG": -2, "MET_ULONG": 4294967294, "MET_INT": -2, "MET_LONG_LONG": -2} {
		raw := []byte{0xfe, 0xff, 0xff, 0xff}
		if kind == "MET_LONG_LONG" {
			raw = append(raw, 0xff, 0xff, 0xff, 0xff)
		}
		v, err := Read(writeTemp(t, "a.mha", append([]byte("NDims = 2\nDimSize = 1 1\nElementType = "+kind+"\nElementDataFile = LOCAL\n"), raw...)))
		require.NoError(t, err)
		require.Equal(t, []float32{want}, v.Data)
	}
}

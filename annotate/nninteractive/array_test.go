package nninteractive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// vectorLimit is a number of bytes that is enough for every golden vector.
const vectorLimit = 1 << 20

// vectorFolders returns the folders with recorded arrays: the repository's own and, if it is there, one with many more.
func vectorFolders(t testing.TB) []string {
	folders := []string{"testdata/vectors"}
	if all, found := shared.Dir(t, "SLMSAM_CLIENTS", "clients"); found {
		folders = append(folders, filepath.Join(all, "vectors"))
	}
	return folders
}

// manifest lists recorded arrays: good ones that nninteractive-client's pack_array made, and damaged ones.
type manifest struct {
	Good []struct {
		File, Dtype string
		Shape       []int
		SHA256      string `json:"sha256_of_voxels"`
	}
	Bad []struct{ File, Why string }
}

// readManifest reads the manifest in a folder of recorded arrays.
func readManifest(t testing.TB, folder string) (m manifest) {
	raw, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &m))
	require.NotEmpty(t, m.Good)
	require.NotEmpty(t, m.Bad)
	return m
}

// TestGoldenVectors unpacks arrays that nninteractive-client packed, and checks that they survive being packed here.
func TestGoldenVectors(t *testing.T) {
	c := newCodec()
	for _, folder := range vectorFolders(t) {
		for _, g := range readManifest(t, folder).Good {
			t.Run(g.File, func(t *testing.T) {
				raw, err := os.ReadFile(filepath.Join(folder, g.File))
				require.NoError(t, err)
				a, err := c.unpack(raw, vectorLimit)
				require.NoError(t, err)
				require.Equal(t, g.Dtype, a.dtype.String())
				require.Equal(t, g.Shape, a.shape)
				sum := sha256.Sum256(a.raw)
				require.Equal(t, g.SHA256, hex.EncodeToString(sum[:]))

				again, err := c.unpack(c.pack(a), vectorLimit)
				require.NoError(t, err)
				require.Equal(t, a, again)
			})
		}
	}
}

// TestMalformedVectorsAreRefusedCheaply checks that damaged arrays are input errors, and that finding out takes
// little time and memory.
func TestMalformedVectorsAreRefusedCheaply(t *testing.T) {
	c := newCodec()
	for _, folder := range vectorFolders(t) {
		for _, b := range readManifest(t, folder).Bad {
			t.Run(b.File, func(t *testing.T) {
				raw, err := os.ReadFile(filepath.Join(folder, b.File))
				require.NoError(t, err)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				started := time.Now()
				_, err = c.unpack(raw, math.MaxInt32)
				took := time.Since(started)
				runtime.ReadMemStats(&after)
				var input *annotate.InputError
				require.ErrorAs(t, err, &input, b.Why)
				require.Less(t, took, time.Second)
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), "bytes allocated")
			})
		}
	}
}

// TestPackedMasksAreSmall checks that masks compress well, as replies would be large otherwise.
func TestPackedMasksAreSmall(t *testing.T) {
	c := newCodec()
	a := &array{dtype: "int32", shape: []int{8, 512, 512}, raw: make([]byte, 4*8*512*512)}
	require.Less(t, len(c.pack(a)), 100, "all zero")
	for i := 0; i < len(a.raw)/3; i += 4 {
		a.raw[i] = 1
	}
	packed := c.pack(a)
	require.Less(t, len(packed), len(a.raw)/100)
	again, err := c.unpack(packed, len(a.raw))
	require.NoError(t, err)
	require.Equal(t, a.raw, again.raw)
}

// TestLargeArraysAreRefused checks the limit on the unpacked size.
func TestLargeArraysAreRefused(t *testing.T) {
	c := newCodec()
	a := &array{dtype: "uint8", shape: []int{1, 10, 10}, raw: make([]byte, 100)}
	_, err := c.unpack(c.pack(a), 100)
	require.NoError(t, err)
	_, err = c.unpack(c.pack(a), 99)
	require.ErrorContains(t, err, "more than the 99 bytes")
}

// TestValuesOfEveryType checks how each data type is converted to floats and booleans.
func TestValuesOfEveryType(t *testing.T) {
	for _, c := range []struct {
		dtype dtype
		raw   []byte
		want  float32
	}{
		{"bool", []byte{1}, 1}, {"uint8", []byte{200}, 200}, {"int8", []byte{0xff}, -1}, {"int16", []byte{0, 0xfc}, -1024},
		{"uint16", []byte{0, 0xfc}, 64512}, {"float16", []byte{0, 0xc0}, -2}, {"int32", []byte{0xfe, 0xff, 0xff, 0xff}, -2},
		{"uint32", []byte{0, 0, 1, 0}, 65536}, {"float32", []byte{0, 0, 0xc0, 0x3f}, 1.5},
		{"int64", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -1},
		{"uint64", []byte{7, 0, 0, 0, 0, 0, 0, 0}, 7}, {"float64", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, 1.5},
	} {
		a := &array{dtype: c.dtype, raw: c.raw}
		require.Equal(t, []float32{c.want}, a.floats(), c.dtype)
		require.Equal(t, []bool{true}, a.bools(), c.dtype)
	}
}

// FuzzUnpack checks that no bytes make the decoder panic, and that what it accepts survives packing.
func FuzzUnpack(f *testing.F) {
	for _, folder := range vectorFolders(f)[:1] {
		m := readManifest(f, folder)
		for _, g := range m.Good {
			raw, err := os.ReadFile(filepath.Join(folder, g.File))
			require.NoError(f, err)
			if len(raw) < 4096 {
				f.Add(raw)
			}
		}
		for _, b := range m.Bad {
			raw, err := os.ReadFile(filepath.Join(folder, b.File))
			require.NoError(f, err)
			f.Add(raw)
		}
	}
	c := newCodec()
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := c.unpack(raw, vectorLimit)
		if err != nil {
			var input *annotate.InputError
			require.ErrorAs(t, err, &input)
			return
		}
		a.floats()
		again, err := c.unpack(c.pack(a), vectorLimit)
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}

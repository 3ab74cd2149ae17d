package checkpoint

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// writers returns the functions that write each format.
func writers() map[string]func(string, []Named, map[string]string, Options) error {
	return map[string]func(string, []Named, map[string]string, Options) error{
		FormatSafetensors: WriteSafetensors,
		FormatZip:         WritePT,
	}
}

// TestWriteKeepsEveryValueAndIsDeterministic checks that all values, types and metadata survive being written, and
// that writing twice gives the same bytes.
func TestWriteKeepsEveryValueAndIsDeterministic(t *testing.T) {
	want := state(t, "testdata/odd_tensors.pt")
	meta := map[string]string{"epoch": "3", "note": "<é>\n"}
	for format, write := range writers() {
		a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
		require.NoError(t, write(a, want.List(), meta, Options{}))
		require.NoError(t, write(b, want.List(), meta, Options{}))
		got := state(t, a)
		require.Equal(t, format, got.Format)
		require.Equal(t, meta, got.Metadata)
		require.Empty(t, got.Skipped)
		requireSame(t, want, got)
		for name, w := range want.Tensors {
			require.Equal(t, w.DType, got.Tensors[name].DType, name)
		}
		rawA, err := os.ReadFile(a)
		require.NoError(t, err)
		rawB, err := os.ReadFile(b)
		require.NoError(t, err)
		require.Equal(t, rawA, rawB)
	}
}

// TestWriteNarrowsToHalves compares rounded values with PyTorch's.
func TestWriteNarrowsToHalves(t *testing.T) {
	in := []Named{{"x", NewF32([]float32{0, 1, -2.5, 65504, 1e-7, 1.0009765625, 3.14159}, 7)}}
	want := map[DType][]float32{
		// torch.tensor([...]).to(dtype).float(), PyTorch 2
		F16:  {0, 1, -2.5, 65504, 1.1920929e-07, 1.0009765625, 3.140625},
		BF16: {0, 1, -2.5, 65536, 1.0011717677116394e-07, 1, 3.140625},
	}
	for _, write := range writers() {
		for d, values := range want {
			path := filepath.Join(t.TempDir(), "x")
			require.NoError(t, write(path, in, nil, Options{DType: d}))
			got := state(t, path).Tensors["x"]
			require.Equal(t, d, got.DType)
			require.Equal(t, values, got.Data)
		}
	}
}

// TestWriteRefusesAValueOutOfRange checks that a value that would become infinite is refused, while infinities and
// NaN are kept.
func TestWriteRefusesAValueOutOfRange(t *testing.T) {
	for _, write := range writers() {
		path := filepath.Join(t.TempDir(), "x")
		err := write(path, []Named{{"w", NewF32([]float32{1, 70000}, 2)}}, nil, Options{DType: F16})
		require.ErrorContains(t, err, `tensor "w": element 1: value 70000 is outside the range of F16`)
		requireEmptyDir(t, filepath.Dir(path))

		double := &Tensor{DType: F64, Shape: []int{1}, Data: []float32{float32(math.Inf(1))}, Doubles: []float64{1e300}}
		for _, d := range []DType{F32, F16, BF16} {
			err = write(path, []Named{{"w", double}}, nil, Options{DType: d})
			require.ErrorContains(t, err, "value 1e+300 is outside the range of "+string(d)+"; keep", "%s: even if its float32 value is already infinite", d)
		}
		requireEmptyDir(t, filepath.Dir(path))

		inf := NewF32([]float32{float32(math.Inf(1)), float32(math.NaN())}, 2)
		require.NoError(t, write(path, []Named{{"w", inf}}, nil, Options{DType: BF16}))
		got := state(t, path).Tensors["w"].Data
		require.True(t, math.IsInf(float64(got[0]), 1) && got[1] != got[1])
	}
}

// TestWriteDoesNotOverwriteWithoutForce checks that an existing file is replaced only with Force.
func TestWriteDoesNotOverwriteWithoutForce(t *testing.T) {
	in := []Named{{"x", NewF32([]float32{1}, 1)}}
	for _, write := range writers() {
		path := filepath.Join(t.TempDir(), "x")
		require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
		err := write(path, in, nil, Options{})
		require.ErrorIs(t, err, fs.ErrExist)
		require.ErrorContains(t, err, "--force")
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "precious", string(raw))
		require.NoError(t, write(path, in, nil, Options{Force: true}))
		require.Equal(t, []float32{1}, state(t, path).Tensors["x"].Data)
	}
}

// TestWriteRefusesBadTensors checks the errors for tensors that cannot be written, and that no file is left.
func TestWriteRefusesBadTensors(t *testing.T) {
	one := NewF32([]float32{1}, 1)
	for want, in := range map[string][]Named{
		"used twice":                  {{"x", one}, {"x", one}},
		"reserved":                    {{metadataKey, one}},
		"is nil":                      {{"x", nil}},
		"1 values for shape [2]":      {{"x", &Tensor{Shape: []int{2}, Data: []float32{1}}}},
		`unknown element type "F128"`: {{"x", &Tensor{Shape: []int{0}, DType: "F128"}}},
	} {
		for _, write := range writers() {
			path := filepath.Join(t.TempDir(), "x")
			require.ErrorContains(t, write(path, in, nil, Options{}), want)
			requireEmptyDir(t, filepath.Dir(path))
		}
	}
	require.ErrorContains(t, WritePT(filepath.Join(t.TempDir(), "x"), nil, nil, Options{DType: I8}), "want F32, F16 or BF16")
}

// TestWriteAtomicKeepsTheOldFileOnFailure checks that a failure while writing leaves the old file and nothing else.
func TestWriteAtomicKeepsTheOldFileOnFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	full := errors.New("no space left on device")
	err := writeAtomic(path, true, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 3<<20))
		require.NoError(t, err)
		return full
	})
	require.ErrorIs(t, err, full)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(raw))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// requireEmptyDir checks that a folder is empty.
func requireEmptyDir(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestConvertBothWays converts a checkpoint to each format, and checks the errors.
func TestConvertBothWays(t *testing.T) {
	dir := t.TempDir()
	st, pt := filepath.Join(dir, "a.safetensors"), filepath.Join(dir, "b.pt")
	want := state(t, "testdata/odd_tensors_legacy.pt")
	_, err := Convert("testdata/odd_tensors_legacy.pt", st, "", false)
	require.NoError(t, err)
	requireSame(t, want, state(t, st))
	_, err = Convert(st, pt, "", false)
	require.NoError(t, err)
	got := state(t, pt)
	require.Equal(t, FormatZip, got.Format)
	requireSame(t, want, got)

	_, err = Convert(st, pt, "", false)
	require.ErrorIs(t, err, fs.ErrExist)
	_, err = Convert(st, st, "", true)
	require.ErrorContains(t, err, "same file")
	_, err = Convert(st, filepath.Join(dir, "c.onnx"), "", false)
	require.ErrorContains(t, err, `unknown ending ".onnx"`)
	_, err = Convert("testdata/odd_tensors.pt", filepath.Join(dir, "none", "d.pt"), "", false)
	require.ErrorContains(t, err, "none does not exist", "checked before the input is read")
	_, err = Convert(filepath.Join(dir, "missing.pt"), filepath.Join(dir, "d.pt"), "", false)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

package golden

import (
	"strconv"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/stretchr/testify/require"
)

// File is one file of tensors.
type File struct {
	*checkpoint.File
	t testing.TB
}

// Open reads a file of tensors.
func Open(t testing.TB, path string) *File {
	t.Helper()
	f, err := checkpoint.ReadSafetensors(path)
	require.NoError(t, err)
	return &File{f, t}
}

// Tensor returns a tensor that must be there.
func (f *File) Tensor(name string) *checkpoint.Tensor {
	f.t.Helper()
	x := f.Tensors[name]
	require.NotNil(f.t, x, "%s has no tensor %s", f.Path, name)
	return x
}

// Has says whether a tensor is there.
func (f *File) Has(name string) bool { return f.Tensors[name] != nil }

// Data returns a tensor's values as float32, as they lie, and its shape.
func (f *File) Data(name string) ([]float32, []int) {
	f.t.Helper()
	x := f.Tensor(name)
	if x.Data == nil {
		out := make([]float32, len(x.Ints))
		for i, v := range x.Ints {
			out[i] = float32(v)
		}
		return out, x.Shape
	}
	return x.Data, x.Shape
}

// Last returns an image tensor [B,C,H,W] as [B,H,W,C].
func (f *File) Last(name string) ([]float32, []int) {
	f.t.Helper()
	v, s := f.Data(name)
	require.Len(f.t, s, 4, name)
	return ChannelsLast(v, s), []int{s[0], s[2], s[3], s[1]}
}

// BatchFirst returns a sequence [N,B,C] as [B,N,C].
func (f *File) BatchFirst(name string) ([]float32, []int) {
	f.t.Helper()
	v, s := f.Data(name)
	require.Len(f.t, s, 3, name)
	out := make([]float32, len(v))
	for n := 0; n < s[0]; n++ {
		for b := 0; b < s[1]; b++ {
			copy(out[(b*s[0]+n)*s[2]:][:s[2]], v[(n*s[1]+b)*s[2]:])
		}
	}
	return out, []int{s[1], s[0], s[2]}
}

// Bools returns an 8-bit or boolean tensor as booleans: true where it is not 0.
func (f *File) Bools(name string) []bool {
	f.t.Helper()
	v, _ := f.Data(name)
	out := make([]bool, len(v))
	for i := range v {
		out[i] = v[i] != 0
	}
	return out
}

// Bytes returns an 8-bit or boolean tensor and its shape.
func (f *File) Bytes(name string) ([]uint8, []int) {
	f.t.Helper()
	v, s := f.Data(name)
	out := make([]uint8, len(v))
	for i := range v {
		out[i] = uint8(v[i])
	}
	return out, s
}

// Int returns a whole number from the metadata.
func (f *File) Int(key string) int {
	f.t.Helper()
	n, err := strconv.Atoi(f.Metadata[key])
	require.NoError(f.t, err, "%s: metadata %s", f.Path, key)
	return n
}

// Float returns a number from the metadata.
func (f *File) Float(key string) float64 {
	f.t.Helper()
	v, err := strconv.ParseFloat(f.Metadata[key], 64)
	require.NoError(f.t, err, "%s: metadata %s", f.Path, key)
	return v
}

// ChannelsLast turns values of shape [B,C,H,W] into [B,H,W,C].
func ChannelsLast(v []float32, s []int) []float32 {
	out := make([]float32, len(v))
	b, c, hw := s[0], s[1], s[2]*s[3]
	for i := 0; i < b; i++ {
		for k := 0; k < c; k++ {
			for p := 0; p < hw; p++ {
				out[(i*hw+p)*c+k] = v[(i*c+k)*hw+p]
			}
		}
	}
	return out
}

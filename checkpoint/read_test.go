package checkpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The odd_tensors files were written by torch.save from transposed, sliced,
// expanded and overlapping views of all element types; the .safetensors file holds
// the contiguous values (fixtures README, "toy").
func TestOddTensors(t *testing.T) {
	want, err := ReadSafetensors("testdata/odd_tensors.safetensors")
	require.NoError(t, err)
	require.Len(t, want.Tensors, 23)
	for path, format := range map[string]string{
		"testdata/odd_tensors.pt":        FormatZip,
		"testdata/odd_tensors_legacy.pt": FormatLegacy,
	} {
		got := state(t, path)
		require.Equal(t, format, got.Format)
		requireSame(t, want, got)
		require.Equal(t, BF16, got.Tensors["bf16"].DType)
		require.Equal(t, F16, got.Tensors["f16"].DType)
		require.Equal(t, []int{}, got.Tensors["scalar_f32"].Shape)
		require.Equal(t, "contiguous", got.Order[0])
	}
}

func TestToyWeightsInEveryContainer(t *testing.T) {
	want := state(t, fixture(t, "toy", "weights.safetensors"))
	require.Equal(t, FormatSafetensors, want.Format)
	require.Len(t, want.Tensors, 444)

	requireSame(t, want, state(t, fixture(t, "toy", "weights.pt")))

	half := state(t, fixture(t, "toy", "weights_fp16.pt"))
	requireSame(t, narrowed(t, want, F16), half)
	for _, name := range []string{"weights_plain.pt", "weights_legacy.pt", "trainer_checkpoint.pt"} {
		requireSame(t, half, state(t, fixture(t, "toy", name)))
	}
	requireSame(t, narrowed(t, want, BF16), state(t, fixture(t, "toy", "weights_bf16.pt")))
}

// narrowed rounds every value of f to d and widens it again.
func narrowed(t *testing.T, f *File, d DType) *File {
	t.Helper()
	out := &File{Tensors: map[string]*Tensor{}}
	for name, w := range f.Tensors {
		n := newTensor(d, w.Shape, w.Len())
		for i := range w.Data {
			raw, err := w.appendElement(nil, i, d)
			require.NoError(t, err)
			n.set(i, raw)
		}
		out.Tensors[name] = n
	}
	return out
}

func TestTrainerCheckpointMetadata(t *testing.T) {
	f := state(t, fixture(t, "toy", "trainer_checkpoint.pt"))
	require.Equal(t, "100", f.Metadata["epoch"])
	require.Equal(t, "1234", f.Metadata["steps.train"])
	require.Equal(t, "4321.5", f.Metadata["time_elapsed"])
	require.Equal(t, []string{"optimizer"}, f.Skipped)
}

package checkpoint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOddTensors reads files that torch.save wrote from transposed, sliced, expanded and overlapping views of all
// element types, and compares them with the contiguous values in a .safetensors file (fixtures README, "toy").
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

// TestToyWeightsInEveryContainer reads the same weights from every container and in every precision.
func TestToyWeightsInEveryContainer(t *testing.T) {
	want := state(t, fixture(t, "toy", "weights.safetensors"))
	require.Equal(t, FormatSafetensors, want.Format)
	require.NotEmpty(t, want.Tensors)

	requireSame(t, want, state(t, fixture(t, "toy", "weights.pt")))

	half := state(t, fixture(t, "toy", "weights_fp16.pt"))
	requireSame(t, narrowed(t, want, F16), half)
	for _, name := range []string{"weights_plain.pt", "weights_legacy.pt", "trainer_checkpoint.pt"} {
		requireSame(t, half, state(t, fixture(t, "toy", name)))
	}
	requireSame(t, narrowed(t, want, BF16), state(t, fixture(t, "toy", "weights_bf16.pt")))
}

// narrowed returns f with every value rounded to d.
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

// TestTrainerCheckpointMetadata checks what is read of a trainer's checkpoint besides the weights, and what is
// skipped.
func TestTrainerCheckpointMetadata(t *testing.T) {
	f := state(t, fixture(t, "toy", "trainer_checkpoint.pt"))
	for _, key := range []string{"epoch", "steps.train", "steps.val", "time_elapsed", "scaler.scale"} {
		require.Contains(t, f.Metadata, key)
	}
	require.Equal(t, []string{"optimizer"}, f.Skipped)
}

// TestTrainerExtras checks what is read of the things that trainers store besides the weights. The files were written with
// PyTorch 2.15 and NumPy 2.4:
//
//	m = OrderedDict(w=torch.arange(6.).reshape(2,3).t()); m._metadata = {'': {'version': 1}}
//	c = {'model': m, 'epoch': 3, 'lr': 0.5, 'name': 'run', 'args': Namespace(lr=1, x=[1]),
//	     'best': np.float64(3.5), 'history': np.arange(5), 'counts': Counter('aab'),
//	     'steps': {'train': 7}, 'size': torch.Size([1,2]), 'dtype': torch.float32,
//	     'device': torch.device('cpu'), 'set': {1,2}, 'big': 1<<70,
//	     'out': PurePosixPath('x'), 'fresh': defaultdict(list, {'a': [1]}), 'none': None}
//	torch.save(c, 'trainer_extras.pt')
//	torch.save(c, 'trainer_extras_legacy.pt', pickle_protocol=4, _use_new_zipfile_serialization=False)
func TestTrainerExtras(t *testing.T) {
	for _, name := range []string{"trainer_extras.pt", "trainer_extras_legacy.pt"} {
		f := state(t, "testdata/"+name)
		require.Equal(t, []string{"w"}, f.Order)
		require.Equal(t, []int{3, 2}, f.Tensors["w"].Shape)
		require.Equal(t, []float32{0, 3, 1, 4, 2, 5}, f.Tensors["w"].Data)
		require.Equal(t, map[string]string{
			"epoch": "3", "lr": "0.5", "name": "run", "steps.train": "7", "big": "1180591620717411303424",
		}, f.Metadata)
		require.Equal(t, []string{
			"args", "best", "history", "counts", "size", "dtype", "device", "set", "out", "fresh", "none",
		}, f.Skipped)
	}
}

// TestParseFromMemory reads a file from memory, and checks that errors name it.
func TestParseFromMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	want := []Named{{Name: "a", Tensor: NewF32([]float32{1, 2}, 2)}}
	require.NoError(t, WriteSafetensors(path, want, map[string]string{"k": "v"}, Options{}))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := Parse("in memory", data)
	require.NoError(t, err)
	require.Equal(t, []float32{1, 2}, f.Tensors["a"].Data)
	require.Equal(t, "v", f.Metadata["k"])
	_, err = Parse("in memory", data[:5])
	require.ErrorContains(t, err, "in memory")
	_, err = Parse("in memory", nil)
	require.ErrorContains(t, err, "empty")
}

package slmsam_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// officialKeys reads a list of state-dict entries: name -> shape as "7x1x1x64".
func officialKeys(t *testing.T, name string) map[string]string {
	t.Helper()
	path := filepath.Join(golden.Dir(t), "keys", name+"_keys.tsv")
	if !golden.Exists(path) {
		t.Skipf("the fixture folder has no keys/%s_keys.tsv", name)
	}
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	keys := map[string]string{}
	lines := bufio.NewScanner(file)
	lines.Scan() // header
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		keys[fields[0]] = fields[2]
	}
	require.NoError(t, lines.Err())
	return keys
}

func declared(t *testing.T, c slmsam.Config) map[string]string {
	t.Helper()
	dev := cpu.New(1)
	defer dev.Close()
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	keys := map[string]string{}
	for _, p := range m.Params.All() {
		keys[p.Name] = strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Shape), " ", "x"), "[]")
	}
	return keys
}

// TestKeys compares the names and shapes of all parameters with the official checkpoints'.
func TestKeys(t *testing.T) {
	t.Run("SLM-SAM 2 tiny", func(t *testing.T) {
		require.Equal(t, officialKeys(t, "slm_sam2_tiny"), declared(t, slmsam.Tiny()))
	})
	for name, c := range map[string]slmsam.Config{"tiny": slmsam.Tiny(), "small": slmsam.Small(), "base_plus": slmsam.BasePlus(), "large": slmsam.Large()} {
		t.Run("SAM 2.1 "+name, func(t *testing.T) {
			want, got := officialKeys(t, "sam2.1_"+name), declared(t, c)
			for key, shape := range want {
				require.Equal(t, shape, got[key], key)
			}
			for key := range got {
				if _, ok := want[key]; !ok {
					require.True(t, strings.HasPrefix(key, "recent_memory_") || key == "rec_maskmem_tpos_enc", key)
				}
			}
		})
	}
}

func TestConfigRoundTrip(t *testing.T) {
	for _, name := range slmsam.Presets() {
		c, err := slmsam.Preset(name)
		require.NoError(t, err)
		require.NoError(t, c.Validate())
		data, err := json.Marshal(c)
		require.NoError(t, err)
		back, err := slmsam.ParseConfig(data)
		require.NoError(t, err)
		require.Equal(t, c, back)
	}
}

func TestConfigErrors(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"not JSON":       {"image_size: 1024", "invalid character"},
		"unknown key":    {`{"image_size": 256, "color": 1}`, "color"},
		"no trunk":       {`{"image_size": 256}`, "embed_dim"},
		"odd image size": {strings.Replace(mustJSON(t, slmsam.Nano()), `"image_size":256`, `"image_size":250`, 1), "multiple of"},
		"bad memory":     {strings.Replace(mustJSON(t, slmsam.Nano()), "M7+R1", "X3", 1), "want M7, R7"},
		"wide refiner":   {strings.Replace(mustJSON(t, slmsam.Nano()), `"image_size":256`, `"image_size":256,"refiner_width":300`, 1), "refiner_width 300"},
		"two values":     {mustJSON(t, slmsam.Nano()) + "{}", "more than one"},
	} {
		_, err := slmsam.ParseConfig([]byte(c.data))
		require.ErrorContains(t, err, c.want, name)
	}
	_, err := slmsam.Preset("huge")
	require.ErrorContains(t, err, "nano")
}

func mustJSON(t *testing.T, c slmsam.Config) string {
	t.Helper()
	data, err := json.Marshal(c)
	require.NoError(t, err)
	return string(data)
}

// TestSaveAndLoad writes a model with its configuration and reads it back.
func TestSaveAndLoad(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	state, err := m.State()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	meta := map[string]string{slmsam.MetadataConfig: mustJSON(t, m.Config)}
	require.NoError(t, checkpoint.WriteSafetensors(path, state, meta, checkpoint.Options{}))
	back, loaded, err := slmsam.Load(dev, path, nil)
	require.NoError(t, err)
	require.False(t, loaded.Fresh)
	require.Equal(t, m.Config, back.Config)
	again, err := back.State()
	require.NoError(t, err)
	require.Equal(t, state, again)
}

// TestSAM21BecomesSLMSAM2 drops the short memory's tensors: Load must copy or draw them, and say so.
func TestSAM21BecomesSLMSAM2(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	state, err := m.State()
	require.NoError(t, err)
	var sam []checkpoint.Named
	for _, s := range state {
		if !strings.HasPrefix(s.Name, "rec") {
			sam = append(sam, s)
		}
	}
	path := filepath.Join(t.TempDir(), "sam.safetensors")
	meta := map[string]string{slmsam.MetadataConfig: mustJSON(t, m.Config)}
	require.NoError(t, checkpoint.WriteSafetensors(path, sam, meta, checkpoint.Options{}))
	back, loaded, err := slmsam.Load(dev, path, nil)
	require.NoError(t, err)
	require.True(t, loaded.Fresh)
	named := map[string][]float32{}
	state, err = back.State()
	require.NoError(t, err)
	for _, s := range state {
		named[s.Name] = s.Tensor.Data
	}
	require.Equal(t, named["memory_attention.layers.0.linear1.weight"], named["recent_memory_attention.layers.0.linear1.weight"])
}

// TestAnotherArchitecture expects a list of missing, unexpected, and misshapen tensors.
func TestAnotherArchitecture(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	state, err := newModel(t, dev).State()
	require.NoError(t, err)
	tensors := map[string]*checkpoint.Tensor{}
	for _, s := range state {
		tensors[s.Name] = s.Tensor
	}
	tensors["surprise"] = tensors["no_obj_ptr"]
	tensors["no_mem_embed"] = checkpoint.NewF32([]float32{1}, 1)
	delete(tensors, "no_obj_ptr")
	err = newModel(t, dev).SetState(tensors)
	require.ErrorContains(t, err, "surprise")
	require.ErrorContains(t, err, "no_mem_embed")
	require.ErrorContains(t, err, "no_obj_ptr")
}

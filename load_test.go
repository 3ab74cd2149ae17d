package slmsam_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// plainSAM returns the state of a small model without the parts that SLM-SAM 2 adds to SAM 2.1.
func plainSAM(t *testing.T) (slmsam.Config, []checkpoint.Named) {
	t.Helper()
	m := newModel(t, cpu.New(1))
	state, err := m.State()
	require.NoError(t, err)
	return m.Config, slices.DeleteFunc(state, func(n checkpoint.Named) bool { return checkpoint.IsShortMemory(n.Name) })
}

// saved writes a state into a new folder, with its configuration in config.json, and returns the checkpoint's path.
// rename changes the names of the tensors; it drops those for which it returns "".
func saved(t *testing.T, config slmsam.Config, state []checkpoint.Named, file string, rename func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(configJSON(t, config)), 0o644))
	var out []checkpoint.Named
	for _, n := range state {
		if name := rename(n.Name); name != "" {
			out = append(out, checkpoint.Named{Name: name, Tensor: n.Tensor})
		}
	}
	path := filepath.Join(dir, file)
	if filepath.Ext(file) == ".pt" {
		require.NoError(t, checkpoint.WritePT(path, out, nil, checkpoint.Options{}))
	} else {
		require.NoError(t, checkpoint.WriteSafetensors(path, out, nil, checkpoint.Options{}))
	}
	return path
}

// parameters returns the values of a model's parameters by name.
func parameters(t *testing.T, m *slmsam.Model) map[string][]float32 {
	t.Helper()
	state, err := m.State()
	require.NoError(t, err)
	out := map[string][]float32{}
	for _, s := range state {
		out[s.Name] = s.Tensor.Data
	}
	return out
}

// TestSaveAndLoad writes a model with its configuration in the metadata and reads back the same.
func TestSaveAndLoad(t *testing.T) {
	m := newModel(t, cpu.New(1))
	path := filepath.Join(t.TempDir(), "model.safetensors")
	golden.WriteModel(t, m, path)
	back, loaded, err := slmsam.Load(cpu.New(1), path, nil)
	require.NoError(t, err)
	require.False(t, loaded.Fresh)
	require.False(t, loaded.SAM20)
	require.Equal(t, m.Config, back.Config)
	require.Equal(t, parameters(t, m), parameters(t, back))
}

// TestSAM21BecomesSLMSAM2 loads weights without a short memory. They are kept, and the short attention starts as a copy
// of the long one.
func TestSAM21BecomesSLMSAM2(t *testing.T) {
	config, state := plainSAM(t)
	m, loaded, err := slmsam.Load(cpu.New(1), saved(t, config, state, "sam.safetensors", strings.Clone), nil)
	require.NoError(t, err)
	require.True(t, loaded.Fresh)
	values, copied := parameters(t, m), 0
	for _, n := range state {
		require.Equal(t, n.Tensor.Data, values[n.Name], n.Name)
		if short := "recent_" + n.Name; strings.HasPrefix(n.Name, "memory_attention.") {
			require.Equal(t, n.Tensor.Data, values[short], short)
			copied++
		}
	}
	require.Positive(t, copied)
}

// TestLoadsKeysWithAnyPrefix loads weights whose keys have the prefix of a wrapper.
func TestLoadsKeysWithAnyPrefix(t *testing.T) {
	config, state := plainSAM(t)
	for _, file := range []string{"m.pt", "m.safetensors"} {
		for _, prefix := range []string{"module.", "model.", "_orig_mod.", "sam2.net."} {
			path := saved(t, config, state, file, func(s string) string { return prefix + s })
			m, _, err := slmsam.Load(cpu.New(1), path, nil)
			require.NoError(t, err, "%s %s", file, prefix)
			values := parameters(t, m)
			for _, n := range state {
				require.Equal(t, n.Tensor.Data, values[n.Name], "%s %s%s", file, prefix, n.Name)
			}
		}
	}
}

// TestLoadsSAM20 loads weights without the three parts that SAM 2.1 added. The projection of the pointers' positions is
// then zero, so that it has no effect.
func TestLoadsSAM20(t *testing.T) {
	config, state := plainSAM(t)
	path := saved(t, config, state, "sam2_hiera_tiny.pt", func(s string) string {
		if s == "no_obj_embed_spatial" || strings.HasPrefix(s, "obj_ptr_tpos_proj.") {
			return ""
		}
		return s
	})
	m, loaded, err := slmsam.Load(cpu.New(1), path, nil)
	require.NoError(t, err)
	require.True(t, loaded.SAM20)
	values := parameters(t, m)
	for _, name := range []string{"no_obj_embed_spatial", "obj_ptr_tpos_proj.weight", "obj_ptr_tpos_proj.bias"} {
		require.NotEmpty(t, values[name], name)
		require.Equal(t, make([]float32, len(values[name])), values[name], name)
	}
}

// TestKeyErrorsListEveryKey checks that one error lists all missing, unexpected and misshapen tensors.
func TestKeyErrorsListEveryKey(t *testing.T) {
	m := newModel(t, cpu.New(1))
	state, err := m.State()
	require.NoError(t, err)
	tensors := map[string]*checkpoint.Tensor{}
	for _, s := range state {
		tensors[s.Name] = s.Tensor
	}
	require.NoError(t, m.SetState(tensors))
	tensors["surprise"] = tensors["no_obj_ptr"]
	tensors["no_mem_embed"] = checkpoint.NewF32([]float32{1}, 1)
	delete(tensors, "no_obj_ptr")
	err = m.SetState(tensors)
	require.ErrorContains(t, err, "surprise")
	require.ErrorContains(t, err, "no_mem_embed")
	require.ErrorContains(t, err, "no_obj_ptr")
}

// TestMissingKeysAreThoseOfTheFile checks that the parts that no SAM 2.1 file has are not reported as missing.
func TestMissingKeysAreThoseOfTheFile(t *testing.T) {
	config, state := plainSAM(t)
	path := saved(t, config, state, "m.pt", func(s string) string {
		return strings.Replace(s, "memory_encoder.fuser.layers.0.gamma", "memory_encoder.fuser.layers.0.weight", 1)
	})
	_, _, err := slmsam.Load(cpu.New(1), path, nil)
	require.ErrorContains(t, err, "1 missing, 1 unexpected")
	require.ErrorContains(t, err, "memory_encoder.fuser.layers.0.gamma")
	require.NotContains(t, err.Error(), "recent_memory")
}

// TestForeignConfigIsIgnored puts another program's config.json next to the weights. The shape of the weights decides
// instead, but a configuration of ours with a mistake is an error.
func TestForeignConfigIsIgnored(t *testing.T) {
	config, state := plainSAM(t)
	path := saved(t, config, state, "m.pt", strings.Clone)
	file, err := checkpoint.Read(path)
	require.NoError(t, err)
	require.True(t, slmsam.StatesSize(file))
	beside := filepath.Join(filepath.Dir(path), "config.json")
	for _, text := range []string{`{"architectures": ["Sam2VideoModel"], "model_type": "sam2_video"}`, `{}`, `{"image_size": 1024}`} {
		require.NoError(t, os.WriteFile(beside, []byte(text), 0o644))
		require.False(t, slmsam.StatesSize(file))
		_, err = slmsam.ConfigOf(file)
		require.ErrorContains(t, err, "not the shape of a released model", text)
	}
	require.NoError(t, os.WriteFile(beside, []byte(`{"trunk": {"bogus": 1}}`), 0o644))
	_, err = slmsam.ConfigOf(file)
	require.ErrorContains(t, err, "bogus", "this is one of ours, and wrong")
}

// TestTransformersLayoutIsRefused checks that weights in the layout of Hugging Face's transformers get an error that
// says so.
func TestTransformersLayoutIsRefused(t *testing.T) {
	config, state := plainSAM(t)
	path := saved(t, config, state, "model.safetensors", func(s string) string {
		return strings.Replace(s, "image_encoder.trunk.", "vision_encoder.backbone.", 1)
	})
	_, _, err := slmsam.Load(cpu.New(1), path, nil)
	require.ErrorContains(t, err, "transformers")
}

// TestConfigMustBeJSON checks that a configuration in YAML or anything else is refused.
func TestConfigMustBeJSON(t *testing.T) {
	for name, text := range map[string]string{"x.yaml": "# @package\nmodel: 1\n", "x.json": "# not JSON"} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, err := slmsam.ReadConfig(path)
		require.ErrorContains(t, err, "want JSON")
	}
}

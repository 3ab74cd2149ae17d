package slmsam_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// plainSAM is the state of a small model without what SLM-SAM 2 adds.
func plainSAM(t *testing.T) (slmsam.Config, []checkpoint.Named) {
	t.Helper()
	config := smallest()
	m, err := slmsam.New(cpu.New(1), config)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(3))
	state, err := m.State()
	require.NoError(t, err)
	var out []checkpoint.Named
	for _, n := range state {
		if !checkpoint.IsShortMemory(n.Name) {
			out = append(out, n)
		}
	}
	return config, out
}

// saved writes a state with some changes beside its configuration.
func saved(t *testing.T, config slmsam.Config, state []checkpoint.Named, file string, rename func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	text, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644))
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

func TestLoadsKeysWithAnyPrefix(t *testing.T) {
	config, state := plainSAM(t)
	for _, file := range []string{"m.pt", "m.safetensors"} {
		for _, prefix := range []string{"module.", "model.", "_orig_mod.", "sam2.net."} {
			path := saved(t, config, state, file, func(s string) string { return prefix + s })
			_, loaded, err := slmsam.Load(cpu.New(1), path, nil)
			require.NoError(t, err, "%s %s", file, prefix)
			require.True(t, loaded.Fresh)
		}
	}
}

// TestLoadsSAM20 removes the three parts that were added in SAM 2.1.
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
	for _, p := range m.Params.All() {
		if strings.HasPrefix(p.Name, "obj_ptr_tpos_proj.") {
			v, err := p.Get()
			require.NoError(t, err)
			require.NotContains(t, v, float32(1))
			require.Zero(t, v[0])
		}
	}
}

// TestMissingKeysAreThoseOfTheFile checks that parts which no SAM 2.1 file has are not reported as missing.
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

// TestForeignConfigIsNoReasonToFail puts another program's config.json beside the weights.
func TestForeignConfigIsNoReasonToFail(t *testing.T) {
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
		require.ErrorContains(t, err, "not the shape of a released model", "looked at the weights instead")
	}
	require.NoError(t, os.WriteFile(beside, []byte(`{"trunk": {"bogus": 1}}`), 0o644))
	_, err = slmsam.ConfigOf(file)
	require.ErrorContains(t, err, "bogus", "ours, and wrong")

	hub := saved(t, config, state, "model.safetensors", func(s string) string {
		return strings.Replace(s, "image_encoder.trunk.", "vision_encoder.backbone.", 1)
	})
	_, _, err = slmsam.Load(cpu.New(1), hub, nil)
	require.ErrorContains(t, err, "transformers")

	for name, text := range map[string]string{"x.yaml": "# @package\nmodel: 1\n", "x.json": "# not JSON"} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, err = slmsam.ReadConfig(path)
		require.ErrorContains(t, err, "want JSON")
	}
}

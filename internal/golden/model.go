package golden

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/stretchr/testify/require"
)

// Model returns the set's model with its weights on dev.
func (s Set) Model(t testing.TB, dev backend.Device) *slmsam.Model {
	t.Helper()
	c, err := slmsam.ParseConfig(s.Config(t))
	require.NoError(t, err)
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	want := map[string][]int{}
	for _, p := range m.Params.All() {
		want[p.Name] = p.Shape
	}
	require.NoError(t, m.SetState(s.State(t, want)))
	return m
}

// AddScoreBias shifts every object score, as the fixtures with object_score_bias_offset do.
func AddScoreBias(t testing.TB, m *slmsam.Model, offset float32) {
	t.Helper()
	p := Param(t, m, "sam_mask_decoder.pred_obj_score_head.layers.2.bias")
	v, err := p.Get()
	require.NoError(t, err)
	v[0] += offset
	p.Set(v)
}

// Param returns a parameter that the model must have.
func Param(t testing.TB, m *slmsam.Model, name string) *nn.Param {
	t.Helper()
	at := slices.IndexFunc(m.Params.All(), func(p *nn.Param) bool { return p.Name == name })
	require.GreaterOrEqual(t, at, 0, "the model has no parameter %s", name)
	return m.Params.All()[at]
}

// Smallest returns the configuration of the smallest model that has every part. It takes milliseconds.
func Smallest() slmsam.Config {
	return slmsam.Config{ImageSize: 64, FuserBlocks: 1, Frames: 7, Memory: slmsam.ShortLong,
		Trunk: hiera.Config{EmbedDim: 8, Heads: 1, Stages: [4]int{1, 1, 1, 1}, GlobalBlocks: []int{2},
			Windows: [4]int{8, 4, 2, 1}, Background: [2]int{7, 7}},
		Attention: memattn.Config{Width: 16, MemoryWidth: 8, Layers: 1, FeedForward: 16, Theta: 10000}}
}

// Random returns a model with random weights, always the same for a given configuration.
func Random(t testing.TB, dev backend.Device, c slmsam.Config) *slmsam.Model {
	t.Helper()
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(3))
	return m
}

// WriteModel saves a model with its configuration in the metadata.
func WriteModel(t testing.TB, m *slmsam.Model, path string) {
	t.Helper()
	state, err := m.State()
	require.NoError(t, err)
	config, err := json.Marshal(m.Config)
	require.NoError(t, err)
	meta := map[string]string{slmsam.MetadataConfig: string(config)}
	require.NoError(t, checkpoint.WriteSafetensors(path, state, meta, checkpoint.Options{}))
}

package golden

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
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
	for _, p := range m.Params.All() {
		if p.Name == "sam_mask_decoder.pred_obj_score_head.layers.2.bias" {
			v, err := p.Get()
			require.NoError(t, err)
			v[0] += offset
			p.Set(v)
		}
	}
}

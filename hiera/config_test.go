package hiera

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBlocks compares the blocks of the tiny configuration with the official ones (fixtures, configs.json, trunk_resolved of
// sam2.1_tiny).
func TestBlocks(t *testing.T) {
	want := []blockConfig{
		{in: 96, out: 96, heads: 1, window: 8},
		{in: 96, out: 192, heads: 2, window: 8, pool: true},
		{in: 192, out: 192, heads: 2, window: 4},
		{in: 192, out: 384, heads: 4, window: 4, pool: true},
		{in: 384, out: 384, heads: 4, window: 14},
		{in: 384, out: 384, heads: 4},
		{in: 384, out: 384, heads: 4, window: 14},
		{in: 384, out: 384, heads: 4},
		{in: 384, out: 384, heads: 4, window: 14},
		{in: 384, out: 384, heads: 4},
		{in: 384, out: 768, heads: 8, window: 14, pool: true},
		{in: 768, out: 768, heads: 8, window: 7},
	}
	require.Equal(t, want, Tiny().blocks())
	require.Equal(t, [4]int{96, 192, 384, 768}, Tiny().Channels())
}

// TestDropPathGrowsWithDepth checks the rate of the first, a middle and the last block.
func TestDropPathGrowsWithDepth(t *testing.T) {
	c := Tiny()
	c.DropPath = 0.11
	blocks := c.blocks()
	require.Zero(t, blocks[0].dropPath)
	require.InDelta(t, 0.11, blocks[11].dropPath, 1e-6)
	require.InDelta(t, 0.05, blocks[5].dropPath, 1e-6)
}

// TestValidate checks that the named configurations are valid, and the error for each field that can be wrong.
func TestValidate(t *testing.T) {
	for _, c := range []Config{Tiny(), Small(), BasePlus(), Large(), Nano()} {
		require.NoError(t, c.Validate())
	}
	for name, spoil := range map[string]func(c *Config){
		"embed_dim":    func(c *Config) { c.EmbedDim = 0 },
		"num_heads":    func(c *Config) { c.Heads = 7 },
		"stage 2":      func(c *Config) { c.Stages[1] = 0 },
		"window":       func(c *Config) { c.Windows[3] = 0 },
		"global block": func(c *Config) { c.GlobalBlocks = []int{12} },
		"background":   func(c *Config) { c.Background = [2]int{} },
		"drop_path":    func(c *Config) { c.DropPath = 1 },
	} {
		c := Tiny()
		spoil(&c)
		require.ErrorContains(t, c.Validate(), name)
	}
}

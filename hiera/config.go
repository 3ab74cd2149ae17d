package hiera

import "fmt"

// Config is the shape of a trunk. The example values are those of tiny.
type Config struct {
	EmbedDim     int     `json:"embed_dim"`     // 96: channels of stage 1; each stage doubles them
	Heads        int     `json:"num_heads"`     // 1: heads in stage 1; each stage doubles them
	Stages       [4]int  `json:"stages"`        // {1,2,7,2}: blocks per stage
	GlobalBlocks []int   `json:"global_blocks"` // {5,7,9}: indices of blocks that attend to the whole image
	Windows      [4]int  `json:"windows"`       // {8,4,14,7}: window side per stage
	Background   [2]int  `json:"background"`    // {7,7}: grid of the coarse position embedding
	DropPath     float64 `json:"drop_path"`     // 0.1 in training: stochastic depth rate of the last block
}

// Tiny returns the trunk of sam2.1_hiera_tiny (39 M parameters including the rest of SAM 2.1).
func Tiny() Config { return preset(96, 1, [4]int{1, 2, 7, 2}, []int{5, 7, 9}, 7) }

// Small returns the trunk of sam2.1_hiera_small.
func Small() Config { return preset(96, 1, [4]int{1, 2, 11, 2}, []int{7, 10, 13}, 7) }

// BasePlus returns the trunk of sam2.1_hiera_base_plus.
func BasePlus() Config { return preset(112, 2, [4]int{2, 3, 16, 3}, []int{12, 16, 20}, 14) }

// Large returns the trunk of sam2.1_hiera_large.
func Large() Config {
	c := preset(144, 2, [4]int{2, 6, 36, 4}, []int{23, 33, 43}, 7)
	c.Windows = [4]int{8, 4, 16, 8}
	return c
}

// Nano returns the trunk of this project's small model for 256 x 256 images.
func Nano() Config { return preset(32, 1, [4]int{1, 2, 3, 1}, []int{4}, 7) }

func preset(dim, heads int, stages [4]int, global []int, background int) Config {
	return Config{EmbedDim: dim, Heads: heads, Stages: stages, GlobalBlocks: global,
		Windows: [4]int{8, 4, 14, 7}, Background: [2]int{background, background}}
}

// Depth returns the number of blocks.
func (c Config) Depth() int { return c.Stages[0] + c.Stages[1] + c.Stages[2] + c.Stages[3] }

// Channels returns the channels of each stage, finest first.
func (c Config) Channels() [4]int {
	d := c.EmbedDim
	return [4]int{d, 2 * d, 4 * d, 8 * d}
}

// Validate rejects shapes that a trunk cannot have.
func (c Config) Validate() error {
	if c.EmbedDim < 1 || c.Heads < 1 || c.EmbedDim%c.Heads != 0 {
		return fmt.Errorf("hiera: embed_dim %d must be a positive multiple of num_heads %d", c.EmbedDim, c.Heads)
	}
	for i := range c.Stages {
		if c.Stages[i] < 1 || c.Windows[i] < 1 {
			return fmt.Errorf("hiera: stage %d has %d blocks and window %d, want at least 1", i+1, c.Stages[i], c.Windows[i])
		}
	}
	for _, b := range c.GlobalBlocks {
		if b < 0 || b >= c.Depth() {
			return fmt.Errorf("hiera: global block %d is not one of %d blocks", b, c.Depth())
		}
	}
	if c.Background[0] < 1 || c.Background[1] < 1 {
		return fmt.Errorf("hiera: background grid %v must be positive", c.Background)
	}
	if c.DropPath < 0 || c.DropPath >= 1 {
		return fmt.Errorf("hiera: drop_path %g must be in [0,1)", c.DropPath)
	}
	return nil
}

// blockConfig is the resolved shape of one block.
type blockConfig struct {
	in, out  int // channels
	heads    int
	window   int  // 0 attends to the whole image
	pool     bool // pools the queries 2 x 2
	dropPath float32
}

// blocks resolves the stages into blocks. The first block of each later stage doubles the channels, pools its queries
// 2 x 2, and still uses the previous stage's window.
func (c Config) blocks() []blockConfig {
	global := map[int]bool{}
	for _, b := range c.GlobalBlocks {
		global[b] = true
	}
	var out []blockConfig
	dim, heads := c.EmbedDim, c.Heads
	for stage, n := range c.Stages {
		for j := 0; j < n; j++ {
			b := blockConfig{in: dim, out: dim, heads: heads, window: c.Windows[stage]}
			if stage > 0 && j == 0 {
				b.out, b.heads, b.pool, b.window = 2*dim, 2*heads, true, c.Windows[stage-1]
				dim, heads = b.out, b.heads
			}
			i := len(out)
			if global[i] {
				b.window = 0
			}
			if c.Depth() > 1 {
				b.dropPath = float32(c.DropPath * float64(i) / float64(c.Depth()-1))
			}
			out = append(out, b)
		}
	}
	return out
}

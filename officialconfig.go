package slmsam

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
)

// official is the part of SAM 2's YAML configuration (as JSON) that shapes the model.
type official struct {
	ImageSize    int `json:"image_size"`
	NumMaskmem   int `json:"num_maskmem"`
	ImageEncoder struct {
		Trunk struct {
			EmbedDim   int     `json:"embed_dim"`
			NumHeads   int     `json:"num_heads"`
			Stages     []int   `json:"stages"`
			Global     []int   `json:"global_att_blocks"`
			WindowSpec []int   `json:"window_spec"`
			Background []int   `json:"window_pos_embed_bkg_spatial_size"`
			DropPath   float64 `json:"drop_path_rate"`
		} `json:"trunk"`
	} `json:"image_encoder"`
	MemoryAttention struct {
		DModel    int `json:"d_model"`
		NumLayers int `json:"num_layers"`
		Layer     struct {
			FeedForward    int `json:"dim_feedforward"`
			CrossAttention struct {
				KVInDim int     `json:"kv_in_dim"`
				Theta   float64 `json:"rope_theta"`
			} `json:"cross_attention"`
		} `json:"layer"`
	} `json:"memory_attention"`
	MemoryEncoder struct {
		Fuser struct {
			NumLayers int `json:"num_layers"`
		} `json:"fuser"`
	} `json:"memory_encoder"`
	RecentMemoryBank bool `json:"recent_memory_bank"`
	RecentN          int  `json:"recent_n"`
}

// isOfficial reports whether data looks like an official configuration.
func isOfficial(data []byte) bool {
	var probe struct {
		ImageEncoder json.RawMessage `json:"image_encoder"`
	}
	return json.Unmarshal(data, &probe) == nil && probe.ImageEncoder != nil
}

// parseOfficial converts an official configuration to ours; omitted settings get SAM 2's defaults.
func parseOfficial(data []byte) (Config, error) {
	var o official
	if err := json.Unmarshal(data, &o); err != nil {
		return Config{}, err
	}
	t := o.ImageEncoder.Trunk
	trunk := hiera.Config{EmbedDim: t.EmbedDim, Heads: t.NumHeads, DropPath: t.DropPath,
		Stages: [4]int{2, 3, 16, 3}, GlobalBlocks: []int{12, 16, 20}, Windows: [4]int{8, 4, 14, 7}, Background: [2]int{14, 14}}
	for _, l := range []struct {
		name string
		from []int
		to   []int
	}{{"stages", t.Stages, trunk.Stages[:]}, {"window_spec", t.WindowSpec, trunk.Windows[:]},
		{"window_pos_embed_bkg_spatial_size", t.Background, trunk.Background[:]}} {
		if l.from != nil && len(l.from) != len(l.to) {
			return Config{}, fmt.Errorf("%s has %d values, want %d", l.name, len(l.from), len(l.to))
		}
		copy(l.to, l.from)
	}
	if t.Global != nil {
		trunk.GlobalBlocks = slices.Clone(t.Global)
	}
	a := o.MemoryAttention
	c := Config{ImageSize: o.ImageSize, Trunk: trunk, FuserBlocks: o.MemoryEncoder.Fuser.NumLayers, Frames: o.NumMaskmem,
		Attention: memattn.Config{Width: a.DModel, MemoryWidth: a.Layer.CrossAttention.KVInDim, Layers: a.NumLayers,
			FeedForward: a.Layer.FeedForward, Theta: a.Layer.CrossAttention.Theta},
		Memory: Memory{Long: o.NumMaskmem}}
	if o.RecentMemoryBank {
		c.Memory.Short = o.RecentN
	}
	return c, c.Validate()
}

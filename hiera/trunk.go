package hiera

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
)

// Trunk is the Hiera backbone.
type Trunk struct {
	Config     Config
	PatchEmbed nn.Conv2d
	Background *nn.Tensor // [1,bh,bw,C] coarse position embedding of the whole image
	Window     *nn.Tensor // [1,win,win,C] position embedding within a window
	Blocks     []*Block
	stageEnds  []int
}

// NewTrunk declares the trunk's parameters under p (official prefix image_encoder.trunk).
func NewTrunk(p *nn.Params, cfg Config) *Trunk {
	c, win := cfg.EmbedDim, cfg.Windows[0]
	nhwc := []int{0, 2, 3, 1}
	t := &Trunk{Config: cfg,
		Background: p.Tensor("pos_embed", nn.Normal(0.02), nhwc, 1, c, cfg.Background[0], cfg.Background[1]),
		Window:     p.Tensor("pos_embed_window", nn.Normal(0.02), nhwc, 1, c, win, win),
		PatchEmbed: p.In("patch_embed").Conv2d("proj", 3, c, nn.Conv{Kernel: 7, Stride: 4, Pad: 3}),
	}
	for i, b := range cfg.blocks() {
		t.Blocks = append(t.Blocks, newBlock(p.In("blocks", i), b))
	}
	end := -1
	for _, n := range cfg.Stages {
		end += n
		t.stageEnds = append(t.stageEnds, end)
	}
	return t
}

// Forward returns the output of every stage, finest first: image [B,S,S,3], S a multiple of 32 -> [B,S/4,S/4,C],
// [B,S/8,S/8,2C], [B,S/16,S/16,4C], [B,S/32,S/32,8C].
func (t *Trunk) Forward(g *nn.Graph, image *nn.Tensor) []*nn.Tensor {
	return g.Scoped(func() []*nn.Tensor {
		x := t.PatchEmbed.Forward(g, image) // [B,S/4,S/4,C]
		x = g.Add(x, t.Positions(g, x.Dim(1), x.Dim(2)))
		var stages []*nn.Tensor
		for i, b := range t.Blocks {
			x = b.Forward(g, x)
			if i == t.stageEnds[len(stages)] {
				stages = append(stages, x)
			}
		}
		return stages
	})
}

// Positions returns the position embedding of an h x w grid, [1,h,w,C]: the background embedding, resized (bicubic),
// plus the tiled window embedding. h and w are multiples of the window.
func (t *Trunk) Positions(g *nn.Graph, h, w int) *nn.Tensor {
	return g.Derived(t, fmt.Sprintf("positions %d %d", h, w), []*nn.Tensor{t.Window, t.Background}, func() []*nn.Tensor {
		win, c := t.Window.Dim(1), t.Window.Dim(3)
		background := g.Resize(t.Background, h, w, nn.Bicubic)      // [1,h,w,C]
		band := g.Expand(t.Window.Reshape(win, 1, win*c), 1, w/win) // one row of windows [win,w,C]
		return []*nn.Tensor{g.Add(background.Reshape(h/win, win*w*c), band.Reshape(1, win*w*c)).Reshape(1, h, w, c)}
	})[0]
}

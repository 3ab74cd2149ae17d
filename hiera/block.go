package hiera

import (
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Block is a multi-scale transformer block (SAM 2's MultiScaleBlock).
type Block struct {
	cfg   blockConfig
	Norm1 nn.LayerNorm
	QKV   nn.Linear // C -> 3*out: queries, keys, and values side by side, each split into heads
	Out   nn.Linear
	Norm2 nn.LayerNorm
	MLP   nn.MLP
	Skip  nn.Linear // widens the shortcut if the channels double
}

func newBlock(p *nn.Params, c blockConfig) *Block {
	const eps = 1e-6
	b := &Block{cfg: c, Norm1: p.LayerNorm("norm1", c.in, eps)}
	attn := p.In("attn")
	b.QKV, b.Out = attn.Linear("qkv", c.in, 3*c.out), attn.Linear("proj", c.out, c.out)
	b.Norm2 = p.LayerNorm("norm2", c.out, eps)
	b.MLP = p.MLP("mlp", backend.GELU, c.out, 4*c.out, c.out)
	if c.in != c.out {
		b.Skip = p.Linear("proj", c.in, c.out)
	}
	return b
}

// Forward maps x [B,H,W,C] to the same shape or, in the first block of a stage after the first, to [B,H/2,W/2,2C].
func (b *Block) Forward(g *nn.Graph, x *nn.Tensor) *nn.Tensor {
	return g.Block(func() *nn.Tensor {
		x := b.attend(g, x)
		n := b.Norm2.Forward(g, x)
		if g.Training && b.cfg.dropPath > 0 {
			return g.Add(x, g.DropPath(b.MLP.Forward(g, n), b.cfg.dropPath))
		}
		return b.MLP.AddTo(g, n, x)
	}, x)
}

// attend returns shortcut + proj(attention(norm1(x))). The projection acts on single tokens, so it is applied after
// the windows are reassembled.
func (b *Block) attend(g *nn.Graph, x *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		shortcut, n := x, b.Norm1.Forward(g, x)
		if b.cfg.in != b.cfg.out {
			shortcut = g.MaxPool(b.Skip.Forward(g, n)) // of the normalized input
		}
		var a *nn.Tensor
		if side := b.cfg.window; side == 0 {
			a = b.attention(g, nn.Whole(n)).Reshape(shortcut.Shape...)
		} else {
			var parts []*nn.Tensor
			for _, w := range g.Windows(n, side) {
				parts = append(parts, b.attention(g, w))
			}
			h, w := shortcut.Dim(1), shortcut.Dim(2)
			a = g.Unwindows(parts, x.Dim(0), h, w, side*h/x.Dim(1))
		}
		if g.Training && b.cfg.dropPath > 0 {
			return g.Add(shortcut, g.DropPath(b.Out.Forward(g, a), b.cfg.dropPath))
		}
		return b.Out.AddTo(g, a, shortcut)
	})
}

// attention is multi-head self-attention in windows of h x w tokens, without the output projection -> [n,h*w,out] or,
// with pooled queries, [n,h*w/4,out]. The missing tokens of a partial window all have the same key and value, and
// their own outputs are not needed.
func (b *Block) attention(g *nn.Graph, x nn.Windows) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		out, tokens := b.cfg.out, x.H*x.W
		qkv := b.QKV.Forward(g, x.T)
		q := nn.Part(qkv, 0, out).First(tokens)
		if b.cfg.pool {
			all := g.Slice(qkv, 2, 0, out)
			if x.Missing > 0 {
				all = g.Slice(all, 1, 0, tokens)
			}
			q = nn.All(g.MaxPool(all.Reshape(-1, x.H, x.W, out)).Reshape(x.T.Dim(0), -1, out))
		}
		return g.AttentionRepeating(q, nn.Part(qkv, 1, out), nn.Part(qkv, 2, out), b.cfg.heads, x.Missing)
	})
}

package decoder

import (
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

const (
	transformerDepth = 2
	transformerHeads = 8
	transformerMLP   = 2048
	transformerEps   = 1e-5
	downsample       = 2 // of the channels inside cross-attention
)

// Transformer lets tokens and image attend to each other (SAM's TwoWayTransformer, Kirillov et al.,
// arXiv 2304.02643, appendix A).
type Transformer struct {
	Layers [transformerDepth]*twoWayLayer
	Final  *attention // tokens to image
	Norm   nn.LayerNorm
}

type twoWayLayer struct {
	first        bool
	self         *attention
	tokenToImage *attention
	imageToToken *attention
	mlp          nn.MLP
	norm         [4]nn.LayerNorm
}

// attention is plain multi-head attention over projected channels.
type attention struct{ Q, K, V, Out nn.Linear }

func newAttention(p *nn.Params, width, inner int) *attention {
	return &attention{
		Q: p.Linear("q_proj", width, inner), K: p.Linear("k_proj", width, inner),
		V: p.Linear("v_proj", width, inner), Out: p.Linear("out_proj", inner, width),
	}
}

// forward attends from q [B,Nq,C] to k, v [1 or B,Nk,C] -> [B,Nq,C].
func (a *attention) forward(g *nn.Graph, q, k, v *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		q, k, v := a.Q.Forward(g, q), a.K.Forward(g, k), a.V.Forward(g, v)
		return a.Out.Forward(g, g.Attention(nn.All(q), nn.All(k), nn.All(v), transformerHeads))
	})
}

func newTransformer(p *nn.Params, width int) *Transformer {
	t := &Transformer{}
	for i := range t.Layers {
		q := p.In("layers", i)
		l := &twoWayLayer{first: i == 0,
			self:         newAttention(q.In("self_attn"), width, width),
			tokenToImage: newAttention(q.In("cross_attn_token_to_image"), width, width/downsample),
			imageToToken: newAttention(q.In("cross_attn_image_to_token"), width, width/downsample),
			mlp:          q.MLP("mlp", backend.ReLU, width, transformerMLP, width)}
		for j, name := range []string{"norm1", "norm2", "norm3", "norm4"} {
			l.norm[j] = q.LayerNorm(name, width, transformerEps)
		}
		t.Layers[i] = l
	}
	t.Final = newAttention(p.In("final_attn_token_to_image"), width, width/downsample)
	t.Norm = p.LayerNorm("norm_final_attn", width, transformerEps)
	return t
}

// Forward returns tokens [B,T,C] and image [B,N,C] after attending to each other; pos [1,N,C] is the
// encoding of the image's grid.
func (t *Transformer) Forward(g *nn.Graph, tokens, image, pos *nn.Tensor) (queries, keys *nn.Tensor) {
	out := g.Scoped(func() []*nn.Tensor {
		queries, keys := tokens, image
		for _, l := range t.Layers {
			queries, keys = l.forward(g, queries, keys, tokens, pos)
		}
		a := t.Final.forward(g, g.Add(queries, tokens), g.Add(keys, pos), keys)
		return []*nn.Tensor{t.Norm.Forward(g, g.Add(queries, a)), keys}
	})
	return out[0], out[1]
}

// forward is one layer; the prompt tokens themselves are the queries' position encoding.
func (l *twoWayLayer) forward(g *nn.Graph, queries, keys, tokens, pos *nn.Tensor) (q, k *nn.Tensor) {
	out := g.Scoped(func() []*nn.Tensor {
		var q *nn.Tensor
		if l.first { // without position and residual
			q = l.self.forward(g, queries, queries, queries)
		} else {
			at := g.Add(queries, tokens)
			q = g.Add(queries, l.self.forward(g, at, at, queries))
		}
		q = l.norm[0].Forward(g, q)

		placed := g.Add(keys, pos)
		q = l.norm[1].Forward(g, g.Add(q, l.tokenToImage.forward(g, g.Add(q, tokens), placed, keys)))
		q = l.norm[2].Forward(g, l.mlp.AddTo(g, q, q))

		k := g.Add(keys, l.imageToToken.forward(g, placed, g.Add(q, tokens), q))
		return []*nn.Tensor{q, l.norm[3].Forward(g, k)}
	})
	return out[0], out[1]
}

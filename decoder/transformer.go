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
	downsample       = 2 // divides the channels inside cross-attention
)

// Transformer lets tokens and image attend to each other (SAM's TwoWayTransformer, Kirillov et al., arXiv
// 2304.02643, appendix A).
type Transformer struct {
	Layers [transformerDepth]*twoWayLayer
	Final  *attention // tokens to image
	Norm   nn.LayerNorm
}

// twoWayLayer is one layer (SAM's TwoWayAttentionBlock).
type twoWayLayer struct {
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

// forward attends from q [1 or B,Nq,C] to k, v [1 or B,Nk,C] -> [B,Nq,C].
func (a *attention) forward(g *nn.Graph, q, k, v *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor { return a.Out.Forward(g, a.attend(g, q, k, v)) })
}

// addTo returns x [1 or B,Nq,C] plus forward.
func (a *attention) addTo(g *nn.Graph, x, q, k, v *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		o := a.attend(g, q, k, v)
		if o.Dim(0) != x.Dim(0) {
			return g.Add(x, a.Out.Forward(g, o))
		}
		return a.Out.AddTo(g, o, x)
	})
}

// attend is forward without the output projection.
func (a *attention) attend(g *nn.Graph, q, k, v *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		q, k, v := a.Q.Forward(g, q), a.K.Forward(g, k), a.V.Forward(g, v)
		return g.Attention(nn.All(q), nn.All(k), nn.All(v), transformerHeads)
	})
}

// parameters lists the attention's parameters.
func (a *attention) parameters() []*nn.Tensor {
	return []*nn.Tensor{a.Q.W, a.Q.B, a.K.W, a.K.B, a.V.W, a.V.B, a.Out.W, a.Out.B}
}

func newTransformer(p *nn.Params, width int) *Transformer {
	t := &Transformer{}
	for i := range t.Layers {
		q := p.In("layers", i)
		l := &twoWayLayer{
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

// Forward returns tokens [B,T,C] and image [B,N,C] after they have attended to each other. pos [1,N,C] is the
// encoding of the image's grid, and first is the result of First.
func (t *Transformer) Forward(g *nn.Graph, tokens, first, image, pos *nn.Tensor) (queries, keys *nn.Tensor) {
	out := g.Scoped(func() []*nn.Tensor {
		queries, keys := first, image
		for i, l := range t.Layers {
			if i > 0 {
				queries = l.attendSelf(g, queries, tokens)
			}
			queries, keys = l.forward(g, queries, keys, tokens, pos)
		}
		queries = t.Final.addTo(g, queries, g.Add(queries, tokens), g.Add(keys, pos), keys)
		return []*nn.Tensor{t.Norm.Forward(g, queries), keys}
	})
	return out[0], out[1]
}

// First is the first layer's self-attention, which has no positions and no residual and sees only the tokens [B,T,C].
func (t *Transformer) First(g *nn.Graph, tokens *nn.Tensor) *nn.Tensor {
	l := t.Layers[0]
	return g.Scoped1(func() *nn.Tensor { return l.norm[0].Forward(g, l.self.forward(g, tokens, tokens, tokens)) })
}

// firstParameters lists the parameters of First.
func (t *Transformer) firstParameters() []*nn.Tensor {
	l := t.Layers[0]
	return append(l.self.parameters(), l.norm[0].Gamma, l.norm[0].Beta)
}

// attendSelf is the self-attention of later layers; the initial tokens serve as the position encoding of the queries.
func (l *twoWayLayer) attendSelf(g *nn.Graph, queries, tokens *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		at := g.Add(queries, tokens)
		return l.norm[0].Forward(g, l.self.addTo(g, queries, at, at, queries))
	})
}

// forward is the rest of a layer, after its self-attention.
func (l *twoWayLayer) forward(g *nn.Graph, q, keys, tokens, pos *nn.Tensor) (queries, k *nn.Tensor) {
	out := g.Scoped(func() []*nn.Tensor {
		placed := g.Add(keys, pos)
		q := l.norm[1].Forward(g, l.tokenToImage.addTo(g, q, g.Add(q, tokens), placed, keys))
		q = l.norm[2].Forward(g, l.mlp.AddTo(g, q, q))

		k := l.imageToToken.addTo(g, keys, placed, g.Add(q, tokens), q)
		return []*nn.Tensor{q, l.norm[3].Forward(g, k)}
	})
	return out[0], out[1]
}

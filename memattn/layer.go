package memattn

import (
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

const normEps = 1e-5

// Layer is one layer of memory attention (SAM 2's MemoryAttentionLayer).
type Layer struct {
	Self     *projections
	Cross    *projections
	Expand   nn.Linear // C -> feed-forward, ReLU
	Contract nn.Linear
	Norm     [3]nn.LayerNorm // before self-attention, cross-attention, feed-forward
	dropout  float32
}

// projections are the linear maps of a single-head attention with rotary positions (RoPEAttention).
type projections struct{ Q, K, V, Out nn.Linear }

func newLayer(p *nn.Params, c Config) *Layer {
	l := &Layer{dropout: c.Dropout}
	l.Self = newProjections(p.In("self_attn"), c.Width, c.Width, nn.Const(0))
	l.Cross = newProjections(p.In("cross_attn_image"), c.Width, c.MemoryWidth, nn.Const(placeBias))
	l.Expand = p.Linear("linear1", c.Width, c.FeedForward)
	l.Contract = p.Linear("linear2", c.FeedForward, c.Width)
	for i, name := range []string{"norm1", "norm2", "norm3"} {
		l.Norm[i] = p.LayerNorm(name, c.Width, normEps)
	}
	return l
}

// placeBias is the initial bias of queries and keys in the cross-attention. A constant a, rotated by the query's
// position p and the key's position r, gives a product of 2*a*a times the sum of cos(f*(p-r)) over the frequencies f,
// which is largest for p = r. A fresh model therefore attends to the past of each position and learns from there
// where else to look. With 2.5 and nano's 96 channels, the weight falls to a fifth three positions away.
const placeBias = 2.5

// newProjections declares the maps; bias initializes the biases of queries and keys.
func newProjections(p *nn.Params, width, keyWidth int, bias nn.Init) *projections {
	return &projections{
		Q:   p.LinearFrom("q_proj", width, width, bias),
		K:   p.LinearFrom("k_proj", keyWidth, width, bias),
		V:   p.WithGain(nn.KeepSize).Linear("v_proj", keyWidth, width),
		Out: p.WithGain(nn.KeepSize).Linear("out_proj", width, width),
	}
}

// forward maps x [1 or B,N,C] to [B,N,C]; keys and memory are [B,L,M], rope is [N,C/2,2].
func (l *Layer) forward(g *nn.Graph, x, keys *nn.Tensor, memory Tokens, rope *nn.Tensor) *nn.Tensor {
	return g.Block(func() *nn.Tensor {
		x := g.Add(x, g.Dropout(l.selfAttention(g, l.Norm[0].Forward(g, x), rope), l.dropout))
		o, out := l.crossAttention(g, l.Norm[1].Forward(g, x), keys, memory, rope)
		x = l.add(g, x, out, o)
		h := g.Dropout(l.Expand.Act(g, l.Norm[2].Forward(g, x), backend.ReLU), l.dropout)
		return l.add(g, x, l.Contract, h)
	}, x, keys, memory.Memory)
}

// add returns x + dropout(f(h)), in a single product if nothing is dropped and h and x have the same batch.
func (l *Layer) add(g *nn.Graph, x *nn.Tensor, f nn.Linear, h *nn.Tensor) *nn.Tensor {
	if g.Training || x.Dim(0) != h.Dim(0) {
		return g.Add(x, g.Dropout(f.Forward(g, h), l.dropout))
	}
	return f.AddTo(g, h, x)
}

// valueAndOut is the product of the value and output projections. Since the attention weights of a query sum to one,
// both can precede or both follow the attention. While a tape records, they are applied one after the other, because
// both need gradients.
func (p *projections) valueAndOut(g *nn.Graph) nn.Linear { return p.V.Then(g, p.Out) }

// selfAttention attends among the tokens of x [B,N,C]. Without a tape, a single product computes and rotates queries,
// keys, and values.
func (l *Layer) selfAttention(g *nn.Graph, x, rope *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		n, width := x.Dim(1), x.Dim(2)
		if !g.Recording() {
			all := l.Self.Q.Beside(g, l.Self.K, l.Self.valueAndOut(g))
			qkv := g.LinearRotated(x, all.W, all.B, rope, 2*width, n)
			return g.Attention(nn.Part(qkv, 0, width), nn.Part(qkv, 1, width), nn.Part(qkv, 2, width), 1)
		}
		q := l.Self.Q.Rotated(g, x, rope, n)
		k := l.Self.K.Rotated(g, x, rope, n)
		v := l.Self.V.Forward(g, x)
		return l.Self.Out.Forward(g, g.Attention(nn.All(q), nn.All(k), nn.All(v), 1))
	})
}

// crossAttention lets x [1 or B,N,C] attend to the memory [B,L,M] and returns the result and the map that brings it
// to C channels. Every remembered slice repeats the rotary grid; pointers are not rotated. Keys from such a narrow
// memory need not be computed explicitly (nn.GridKeys). Because a query's weights sum to one, the value projection
// can follow the weighted sum instead of preceding it: softmax(..)(mem.V + b) = (softmax(..) mem).V + b. That sums
// memories of width M instead of values of width C, and projects N tokens instead of L.
func (l *Layer) crossAttention(g *nn.Graph, x, keys *nn.Tensor, memory Tokens, rope *nn.Tensor) (found *nn.Tensor, out nn.Linear) {
	out = l.Cross.Out
	found = g.Scoped1(func() *nn.Tensor {
		q := l.Cross.Q.Rotated(g, x, rope, x.Dim(1))
		k := nn.GridKeys{Memory: keys, W: l.Cross.K, Table: rope, Pointers: memory.Pointers}
		o := g.GridAttention(q, k, memory.Memory) // [B,N,M]
		if g.Recording() {
			return l.Cross.V.Forward(g, o)
		}
		return o
	})
	if !g.Recording() {
		out = l.Cross.valueAndOut(g)
	}
	return found, out
}

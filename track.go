package slmsam

import (
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
)

// track finds B objects on a slice without a prompt: the features attend to the banks, and the decoder predicts
// three masks, of which the one with the highest predicted IoU is kept. asked holds what is known in advance: a
// prior, presence.
func (m *Model) track(g *nn.Graph, im Image, bank *memattn.Bank, v memattn.View, mem Memory, b int, asked decoder.Prompts) (*decoder.Result, error) {
	asked.Multi = asked.Prior == nil
	m.trace(g, "image_encoder")
	r, err := m.Heads.Decode(g, im.features(m.Attend(g, im, bank, v, mem)), b, asked)
	m.trace(g, "decoder")
	return r, err
}

// trace calls Trace, if it is set.
func (m *Model) trace(g *nn.Graph, stage string) {
	if m.Trace != nil {
		m.Trace(g, stage)
	}
}

// Attend returns the features after the memory attention, [B,N,C]. Long and short attention see the same features; if
// both are used, the fuser combines their results (SLM-SAM 2, section 3.2).
func (m *Model) Attend(g *nn.Graph, im Image, bank *memattn.Bank, v memattn.View, mem Memory) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		switch {
		case mem.Short == 0:
			return m.attendLong(g, im, bank, v, mem.Long)
		case mem.Long == 0:
			return m.attendShort(g, im, bank, v, mem.Short)
		}
		short, long := m.attendShort(g, im, bank, v, mem.Short), m.attendLong(g, im, bank, v, mem.Long)
		fused := m.fuse(g, short, long)
		m.trace(g, "fuser")
		return fused
	})
}

func (m *Model) attendLong(g *nn.Graph, im Image, bank *memattn.Bank, v memattn.View, frames int) *nn.Tensor {
	out := m.attend(g, m.Long, im, bank.SelectLong(v, frames), v)
	m.trace(g, "long_attention")
	return out
}

func (m *Model) attendShort(g *nn.Graph, im Image, bank *memattn.Bank, v memattn.View, n int) *nn.Tensor {
	out := m.attend(g, m.Short, im, bank.SelectShort(v, n), v)
	m.trace(g, "short_attention")
	return out
}

// attend runs one memory attention over a selection.
func (m *Model) attend(g *nn.Graph, a *memattn.Attention, im Image, s memattn.Selection, v memattn.View) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		side, width := m.Config.Grid(), m.Config.Attention.Width
		return a.Forward(g, im.Top, g.SineGrid(side, width), m.Place.Tokens(g, s, v))
	})
}

// fuse combines the features after short and long attention, [B,N,C] each.
func (m *Model) fuse(g *nn.Graph, short, long *nn.Tensor) *nn.Tensor {
	b, side, width := short.Dim(0), m.Config.Grid(), m.Config.Attention.Width
	fused := m.Fuser.Fuse(g, short.Reshape(b, side, side, width), long.Reshape(b, side, side, width))
	return fused.Reshape(b, side*side, width)
}

// PromptMasks takes masks [B,S,S,1] of 0 and 1 as the objects' masks on a slice. Mask prompts do not use the memory.
func (m *Model) PromptMasks(g *nn.Graph, im Image, masks *nn.Tensor, empty []bool) (*decoder.Result, error) {
	return m.Heads.MaskAsOutput(g, im.features(im.Top), masks, empty)
}

// PromptPoints finds B objects from points or boxes in pixels of the S x S image, without using the memory: the
// features plus no_mem_embed take the place of those after attention, and pass through the fuser if both memories are
// in use. earlier, unless nil, is an earlier result on the slice that the points correct, [B,4g,4g,1] logits.
func (m *Model) PromptPoints(g *nn.Graph, im Image, mem Memory, points [][]Point, earlier *nn.Tensor) (*decoder.Result, error) {
	return m.decodePoints(g, im, points, earlier, func() *nn.Tensor {
		top := g.Add(im.Top, m.noMemory)
		if mem.Long > 0 && mem.Short > 0 {
			top = m.fuse(g, top, top)
		}
		return top
	})
}

// CorrectPoints is PromptPoints on a tracked slice: the features are those after memory attention.
func (m *Model) CorrectPoints(g *nn.Graph, im Image, bank *memattn.Bank, v memattn.View, mem Memory, points [][]Point, earlier *nn.Tensor) (*decoder.Result, error) {
	return m.decodePoints(g, im, points, earlier, func() *nn.Tensor { return m.Attend(g, im, bank, v, mem) })
}

// decodePoints decodes points on features [1 or B,N,C]. A single point is ambiguous, so three masks are predicted for
// it; more points, or a box, predict one (SAM 2's multimask_max_pt_num = 1).
func (m *Model) decodePoints(g *nn.Graph, im Image, points [][]Point, earlier *nn.Tensor, top func() *nn.Tensor) (*decoder.Result, error) {
	var err error
	var r *decoder.Result
	g.Scoped(func() []*nn.Tensor {
		asked := decoder.Prompts{Points: points, Mask: earlier, Multi: len(points[0]) <= 1}
		r, err = m.Heads.Decode(g, im.features(top()), len(points), asked)
		return r.Tensors()
	})
	return r, err
}

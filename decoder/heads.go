package decoder

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

const (
	// NoObject is the logit of every pixel of an absent object (SAM 2's NO_OBJ_SCORE).
	NoObject = -1024
	// MaskScale and MaskBias bring a mask of 0 and 1 to logits of -10 and 10.
	MaskScale, MaskBias = 20, -10
)

// Heads is everything between features and an object's mask, score and pointer (SAM 2's
// _forward_sam_heads and _use_mask_as_output).
type Heads struct {
	Prompt *PromptEncoder
	Mask   *MaskDecoder

	maskDownsample nn.Conv2d // a mask prompt S x S -> 4g x 4g
	pointer        nn.MLP
	noPointer      *nn.Tensor // [1,C]

	// Training keeps all candidates of single-mask predictions: the stability rule is off.
	Training bool
}

// NewHeads declares prompt encoder, mask decoder and object pointer under p (the model's root).
func NewHeads(p *nn.Params, size, width int) *Heads {
	return &Heads{
		Prompt:         NewPromptEncoder(p.In("sam_prompt_encoder"), size, width),
		Mask:           NewMaskDecoder(p.In("sam_mask_decoder"), width),
		maskDownsample: p.Conv2d("mask_downsample", 1, 1, nn.Conv{Kernel: 4, Stride: 4}),
		pointer:        p.MLP("obj_ptr_proj", backend.ReLU, width, width, width, width),
		noPointer:      p.Tensor("no_obj_ptr", nn.Normal(0.02), nil, 1, width),
	}
}

// Features is what the heads see of a slice.
type Features struct {
	Image  *nn.Tensor // [1 or B,N,C] at stride 16, after memory attention where there is memory
	S0, S1 *nn.Tensor // [1,4g,4g,C/8], [1,2g,2g,C/4]
}

// Prompts says what is asked of B objects.
type Prompts struct {
	Points [][]Point  // per object, equally many each; nil asks without points
	Box    bool       // the points are boxes given as boxes: no padding point is added
	Mask   *nn.Tensor // [B,4g,4g,1] logits, or nil
	Multi  bool       // ask for three masks and keep the one with the highest predicted IoU
	Prior  *Prior     // what the prediction corrects; nil for SAM 2

	// Present decides instead of the scores which objects count as present: training may know. nil asks the scores.
	Present []bool
	// Free leaves the candidates as they are where an object counts as absent; only the chosen mask is NoObject then.
	Free bool
}

// Result is what the heads found for B objects.
type Result struct {
	LowRes     *nn.Tensor // [B,1,4g,4g] logits of the chosen mask, NoObject where the object is absent
	Candidates *nn.Tensor // [B,k,4g,4g] all masks asked for, likewise unless Prompts.Free
	IoUs       *nn.Tensor // [B,k] predicted
	Scores     *nn.Tensor // [B,1] object score logits
	Pointer    *nn.Tensor // [B,C]

	Score []float32 // Scores on the host
	// Presence is above 0 where the object counts as present: Score, unless Prompts.Present says otherwise.
	Presence []float32
	IoU      [][]float32
	Best     []int // the chosen candidate
}

// Tensors lists what the result holds on the device, to be kept beyond a scope.
func (r *Result) Tensors() []*nn.Tensor {
	if r == nil {
		return nil
	}
	return []*nn.Tensor{r.LowRes, r.Candidates, r.IoUs, r.Scores, r.Pointer}
}

// Decode predicts masks of B objects.
func (h *Heads) Decode(g *nn.Graph, f Features, b int, p Prompts) (*Result, error) {
	var err error
	r := &Result{}
	out := g.Scoped(func() []*nn.Tensor {
		var in Input
		if in, err = h.input(g, f, b, p); err != nil {
			return nil
		}
		pred := h.Mask.Forward(g, in)
		if p.Prior != nil {
			pred = p.Prior.correct(g, pred)
		}
		if err = r.choose(g, pred, p, h.Training || p.Prior != nil); err != nil {
			return nil
		}
		r.Pointer = h.pointers(g, r.token(g, pred, p.Multi), r.Presence)
		return r.Tensors()
	})
	if out == nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return r, nil
}

// input embeds the prompts and adds the dense one to the features.
func (h *Heads) input(g *nn.Graph, f Features, b int, p Prompts) (Input, error) {
	in := Input{S0: f.S0, S1: f.S1}
	var err error
	if in.Positions, err = h.Prompt.Grid(g, f.S1.Dim(1)/2); err != nil {
		return in, err
	}
	points := p.Points
	if points == nil {
		points = [][]Point{NoPoints()}
	}
	var items []*nn.Tensor
	for _, ps := range points {
		sparse, err := h.Prompt.Points(g, ps, !p.Box)
		if err != nil {
			return in, err
		}
		items = append(items, sparse)
	}
	if len(items) == 1 {
		in.Sparse = g.Expand(items[0], 0, b)
	} else {
		in.Sparse = g.Concat(0, items...)
	}
	if p.Prior != nil {
		in.Sparse = g.Concat(1, in.Sparse, p.Prior.Token)
	}
	dense := h.Prompt.NoMask()
	if p.Mask != nil {
		dense = h.Prompt.Mask(g, p.Mask)
	}
	in.Image = g.Add(f.Image, dense)
	return in, nil
}

// pointers projects tokens [B,C] to object pointers; an absent object has the no-object pointer.
func (h *Heads) pointers(g *nn.Graph, tokens *nn.Tensor, presence []float32) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		p := h.pointer.Forward(g, tokens)
		return g.ReplaceItems(p, func(i int) *nn.Tensor {
			if presence[i] > 0 {
				return nil
			}
			return h.noPointer
		})
	})
}

// MaskAsOutput takes masks given by the user, [B,S,S,1] of 0 and 1, as the result: logits of -10 and 10, and
// a score that says whether the mask is empty. Only the pointer is predicted, from the plain features.
func (h *Heads) MaskAsOutput(g *nn.Graph, f Features, masks *nn.Tensor, empty []bool) (*Result, error) {
	var err error
	r := &Result{}
	b, size := masks.Dim(0), masks.Dim(1)
	out := g.Scoped(func() []*nn.Tensor {
		logits := g.Affine(masks, MaskScale, MaskBias)
		low := g.Resize(logits, size/4, size/4, nn.BilinearAntialiased)
		var decoded *Result
		decoded, err = h.Decode(g, f, b, Prompts{Mask: h.maskDownsample.Forward(g, masks)})
		if err != nil {
			return nil
		}
		for i := 0; i < b; i++ {
			score := float32(MaskScale + MaskBias)
			if empty[i] {
				score = MaskBias
			}
			r.Score, r.IoU, r.Best = append(r.Score, score), append(r.IoU, []float32{1}), append(r.Best, 0)
		}
		r.Presence = r.Score
		r.LowRes = low.Reshape(b, 1, size/4, size/4)
		r.Candidates = r.LowRes
		r.IoUs, r.Scores = g.Full(1, b, 1), g.Upload(r.Score, b, 1)
		r.Pointer = g.ReplaceItems(decoded.Pointer, func(i int) *nn.Tensor {
			if empty[i] {
				return h.noPointer
			}
			return nil
		})
		return r.Tensors()
	})
	if out == nil {
		return nil, err
	}
	return r, nil
}

// MaybeUnused lists the parameters whose part in a clip may be multiplied by zero: the no-object pointer,
// the point embeddings and, with mask prompts, what only the pointer of the prompted slice sees.
func (h *Heads) MaybeUnused(maskPrompts bool) []*nn.Tensor {
	out := append([]*nn.Tensor{h.noPointer}, h.Prompt.points[:]...)
	if maskPrompts {
		out = append(out, h.maskDownsample.W, h.maskDownsample.B, h.Prompt.maskOut.W, h.Prompt.maskOut.B)
		for i := range h.Prompt.maskConvs {
			conv, norm := h.Prompt.maskConvs[i], h.Prompt.maskNorms[i]
			out = append(out, conv.W, conv.B, norm.Gamma, norm.Beta)
		}
	}
	return out
}

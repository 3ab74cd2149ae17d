package decoder

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

const (
	// NoObject is the logit of every pixel of an absent object (SAM 2's NO_OBJ_SCORE).
	NoObject = -1024
	// MaskScale and MaskBias map a mask of 0 and 1 to logits of -10 and 10.
	MaskScale, MaskBias = 20, -10
)

// Heads is everything between the features and an object's mask, score, and pointer (SAM 2's _forward_sam_heads and
// _use_mask_as_output).
type Heads struct {
	Prompt *PromptEncoder
	Mask   *MaskDecoder

	maskDownsample nn.Conv2d // a mask prompt S x S -> 4g x 4g
	pointer        nn.MLP
	noPointer      *nn.Tensor // [1,C]

	// Training turns off the stability rule, so that the single mask is always used as predicted.
	Training bool
}

// NewHeads declares the prompt encoder, mask decoder, and object pointer under p (the model's root), for
// images of side size.
func NewHeads(p *nn.Params, size, width int) *Heads {
	return &Heads{
		Prompt:         NewPromptEncoder(p.In("sam_prompt_encoder"), size, width),
		Mask:           NewMaskDecoder(p.In("sam_mask_decoder"), width),
		maskDownsample: p.Conv2d("mask_downsample", 1, 1, nn.Conv{Kernel: 4, Stride: 4}),
		pointer:        p.MLP("obj_ptr_proj", backend.ReLU, width, width, width, width),
		noPointer:      p.Tensor("no_obj_ptr", nn.Normal(0.02), nil, 1, width),
	}
}

// Features is what the heads see of a slice, on grids of g x g, 2g x 2g, and 4g x 4g.
type Features struct {
	Image  *nn.Tensor // [1 or B,N,C] at stride 16, after memory attention if there is memory
	S0, S1 *nn.Tensor // [1,4g,4g,C/8], [1,2g,2g,C/4] at strides 4 and 8
}

// Prompts says what to predict for B objects.
type Prompts struct {
	Points [][]Point  // per object, the same number for each; nil: no points
	Box    bool       // the points are boxes passed as boxes: no padding point is added
	Mask   *nn.Tensor // [B,4g,4g,1] logits, or nil
	Multi  bool       // predict three masks and keep the one with the highest predicted IoU
	Prior  *Prior     // what the prediction corrects; nil as in SAM 2

	// Present, if not nil, overrides the scores as to which objects count as present; used in training, where
	// that is known.
	Present []bool
	// Free leaves the candidates of absent objects unchanged; only the chosen mask becomes NoObject.
	Free bool
}

// Result is the heads' output for B objects, on the device. Read copies it to the host.
type Result struct {
	LowRes  *nn.Tensor // [B,1,4g,4g] logits of the chosen mask, NoObject where the object is absent
	Scores  *nn.Tensor // [B,1] object score logits
	Gate    *nn.Tensor // [B,1] above 0 where the object counts as present: Scores, unless Prompts.Present overrides them
	Pointer *nn.Tensor // [B,C] object pointer

	masks, ious  *nn.Tensor // [B,n,4g,4g], [B,n]; first..first+count of the n were asked for
	first, count int
	free         bool

	Score    []float32   // Scores on the host
	Presence []float32   // Gate on the host
	IoU      [][]float32 // [B][k] of the masks asked for
	known    bool        // the three fields above are already filled in
}

// Tensors lists the result's tensors on the device, so that they can be kept beyond a scope.
func (r *Result) Tensors() []*nn.Tensor {
	if r == nil {
		return nil
	}
	return []*nn.Tensor{r.LowRes, r.Scores, r.Gate, r.Pointer, r.masks, r.ious}
}

// Read fills in the fields on the host and also returns the values of the given tensors, with a single wait
// for the device.
func (r *Result) Read(g *nn.Graph, more ...*nn.Tensor) ([][]float32, error) {
	if !r.known {
		more = append(more, r.Scores, r.Gate, r.ious)
	}
	read, err := g.ReadAll(more...)
	if err != nil {
		return nil, fmt.Errorf("decoder: read the results: %w", err)
	}
	if r.known {
		return read, nil
	}
	n := len(read) - 3
	r.Score, r.Presence, r.IoU, r.known = read[n], read[n+1], nil, true
	of := read[n+2]
	for item := r.ious.Dim(1); len(of) > 0; of = of[item:] {
		r.IoU = append(r.IoU, of[r.first:r.first+r.count])
	}
	return read[:n], nil
}

// Decode predicts the masks of b objects.
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
		r.Pointer = h.pointers(g, r.token(g, pred, p.Multi), r.Gate)
		return r.Tensors()
	})
	if out == nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return r, nil
}

// input embeds the prompts and adds the dense embedding to the features.
func (h *Heads) input(g *nn.Graph, f Features, b int, p Prompts) (Input, error) {
	in := Input{S0: f.S0, S1: f.S1}
	var err error
	if in.Positions, err = h.Prompt.Grid(g, f.S1.Dim(1)/2); err != nil {
		return in, err
	}
	if in.Sparse, in.Known, err = h.sparse(g, b, p); err != nil {
		return in, err
	}
	if p.Prior != nil {
		in.Sparse, in.Known = g.Concat(1, in.Sparse, p.Prior.Token), nil
	}
	dense := h.Prompt.NoMask()
	if p.Mask != nil {
		dense = h.Prompt.Mask(g, p.Mask)
	}
	in.Image = g.Add(f.Image, dense)
	return in, nil
}

// sparse embeds the points of b objects as [b,P,C]. Without points, the embedding depends only on the parameters from
// and is cached.
func (h *Heads) sparse(g *nn.Graph, b int, p Prompts) (tokens *nn.Tensor, from []*nn.Tensor, err error) {
	if p.Points == nil {
		from = []*nn.Tensor{h.Prompt.notAPoint}
		of := g.Derived(h.Prompt, fmt.Sprint("no points of ", b), from, func() []*nn.Tensor {
			return []*nn.Tensor{g.Expand(h.Prompt.None(g), 0, b)}
		})
		return of[0], from, nil
	}
	var items []*nn.Tensor
	for _, ps := range p.Points {
		sparse, err := h.Prompt.Points(g, ps, !p.Box)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, sparse)
	}
	if len(items) == 1 {
		return g.Expand(items[0], 0, b), nil, nil
	}
	return g.Concat(0, items...), nil, nil
}

// pointers projects tokens [B,1,C] to object pointers [B,C]; absent objects get the no-object pointer.
func (h *Heads) pointers(g *nn.Graph, tokens, gate *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		p := g.Choose(h.pointer.Forward(g, tokens), nn.Pick{Count: 1, Gate: gate, Instead: h.noPointer})
		return p.Reshape(p.Dim(0), -1)
	})
}

// MaskAsOutput returns masks given by the user, [B,S,S,1] of 0 and 1, as the result: logits of -10 and 10, and a
// score that says whether the mask is empty. Only the pointer is predicted, from features without memory; if the mask
// is empty or no object is seen, it is the no-object pointer.
func (h *Heads) MaskAsOutput(g *nn.Graph, f Features, masks *nn.Tensor, empty []bool) (*Result, error) {
	var err error
	r := &Result{count: 1, free: true, known: true}
	b, size := masks.Dim(0), masks.Dim(1)
	out := g.Scoped(func() []*nn.Tensor {
		var in Input
		if in, err = h.input(g, f, b, Prompts{Mask: h.maskDownsample.Forward(g, masks)}); err != nil {
			return nil
		}
		pred := h.Mask.Forward(g, in)
		for i := range b {
			score := float32(MaskScale + MaskBias)
			if empty[i] {
				score = MaskBias
			}
			r.Score, r.IoU = append(r.Score, score), append(r.IoU, []float32{1})
		}
		r.Presence = r.Score
		logits := g.Affine(masks, MaskScale, MaskBias)
		r.LowRes = g.Resize(logits, size/4, size/4, nn.BilinearAntialiased).Reshape(b, 1, size/4, size/4)
		r.masks, r.ious, r.Scores = r.LowRes, g.Full(1, b, 1), g.Upload(r.Score, b, 1)
		r.Gate = r.Scores
		seen := h.pointers(g, g.Slice(pred.Tokens, 1, 0, 1), pred.Score)
		pointers := g.Choose(seen.Reshape(b, 1, -1), nn.Pick{Count: 1, Gate: r.Gate, Instead: h.noPointer})
		r.Pointer = pointers.Reshape(b, -1)
		return r.Tensors()
	})
	if out == nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return r, nil
}

// MaybeUnused lists parameters whose contribution to a clip may be multiplied by zero: the no-object pointer, the
// point embeddings, and, with mask prompts, those that only affect the pointer of the prompted slice.
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

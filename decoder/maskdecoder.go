package decoder

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Candidates is the number of masks that the decoder predicts: index 0 is the single mask, 1..3 are for
// ambiguous prompts.
const Candidates = 4

// Tokens before the prompt's: object score, IoU, and one for each candidate.
const (
	scoreToken = iota
	iouToken
	firstMaskToken
	ownTokens = firstMaskToken + Candidates
)

// MaskDecoder predicts masks, their IoUs, and whether the object is present (SAM 2's MaskDecoder).
type MaskDecoder struct {
	Transformer *Transformer
	ConvS0      nn.Linear // C -> C/8, for stride 4
	ConvS1      nn.Linear // C -> C/4, for stride 8
	score       *nn.Tensor
	iou         *nn.Tensor
	masks       *nn.Tensor
	up1, up2    nn.ConvTranspose2x2
	upNorm      nn.LayerNorm
	hyper       [Candidates]nn.MLP
	iouHead     nn.MLP
	scoreHead   nn.MLP
}

// NewMaskDecoder declares the decoder's parameters under p (official prefix sam_mask_decoder).
func NewMaskDecoder(p *nn.Params, width int) *MaskDecoder {
	const iouHidden = 256
	d := &MaskDecoder{Transformer: newTransformer(p.In("transformer"), width)}
	d.iou = p.In("iou_token").Tensor("weight", nn.Normal(1), nil, 1, width)
	d.masks = p.In("mask_tokens").Tensor("weight", nn.Normal(1), nil, Candidates, width)
	d.score = p.In("obj_score_token").Tensor("weight", nn.Normal(1), nil, 1, width)
	up := p.In("output_upscaling").WithGain(nn.KeepSize)
	d.up1 = up.ConvTranspose2x2("0", width, width/4)
	d.upNorm = up.LayerNorm("1", width/4, 1e-6)
	d.up2 = up.ConvTranspose2x2("3", width/4, width/8)
	d.ConvS0 = p.Pointwise("conv_s0", width, width/8)
	d.ConvS1 = p.Pointwise("conv_s1", width, width/4)
	for i := range d.hyper {
		d.hyper[i] = p.In("output_hypernetworks_mlps").MLP(fmt.Sprint(i), backend.ReLU, width, width, width, width/8)
	}
	d.iouHead = p.MLP("iou_prediction_head", backend.ReLU, width, iouHidden, iouHidden, Candidates)
	d.scoreHead = p.MLP("pred_obj_score_head", backend.ReLU, width, width, width, 1)
	return d
}

// Input is what the decoder sees.
type Input struct {
	Image     *nn.Tensor   // [B,N,C] features at stride 16 plus the dense prompt
	Positions *nn.Tensor   // [1,N,C] Fourier encoding of the grid
	Sparse    *nn.Tensor   // [B,P,C] prompt tokens
	Known     []*nn.Tensor // the parameters that Sparse is made of, if it depends on nothing else
	S0        *nn.Tensor   // [1,4g,4g,C/8] features at stride 4
	S1        *nn.Tensor   // [1,2g,2g,C/4] features at stride 8
}

// Prediction is what the decoder predicts.
type Prediction struct {
	Masks  *nn.Tensor // [B,4,4g,4g] logits
	IoU    *nn.Tensor // [B,4] predicted, in 0..1
	Score  *nn.Tensor // [B,1] logit of the object being on the slice
	Tokens *nn.Tensor // [B,4,C] mask tokens after the transformer
}

// Forward predicts all candidates.
func (d *MaskDecoder) Forward(g *nn.Graph, in Input) Prediction {
	out := g.Scoped(func() []*nn.Tensor {
		b, width := in.Sparse.Dim(0), in.Sparse.Dim(2)
		tokens, first := d.tokens(g, in)
		queries, keys := d.Transformer.Forward(g, tokens, first, in.Image, in.Positions)

		maskTokens := g.Slice(queries, 1, firstMaskToken, ownTokens) // [B,4,C]
		up := d.upscale(g, keys, in.S0, in.S1)                       // [B,16N,C/8]
		masks := g.MatMulT(d.hyperMasks(g, maskTokens), up)          // [B,4,16N]
		side := in.S0.Dim(1)
		iou := g.Sigmoid(d.iouHead.Forward(g, g.Slice(queries, 1, iouToken, iouToken+1).Reshape(b, width)))
		score := d.scoreHead.Forward(g, g.Slice(queries, 1, scoreToken, scoreToken+1).Reshape(b, width))
		return []*nn.Tensor{masks.Reshape(b, Candidates, side, side), iou, score, maskTokens}
	})
	return Prediction{Masks: out[0], IoU: out[1], Score: out[2], Tokens: out[3]}
}

// tokens returns the decoder's own tokens followed by the prompt's, [B,T,C], and their self-attention in the
// transformer's first layer. Both are cached if they depend on no prompt (nn.Graph.Derived).
func (d *MaskDecoder) tokens(g *nn.Graph, in Input) (tokens, first *nn.Tensor) {
	b, width := in.Sparse.Dim(0), in.Sparse.Dim(2)
	of := func() []*nn.Tensor {
		own := g.Concat(0, d.score, d.iou, d.masks).Reshape(1, ownTokens, width)
		tokens := g.Concat(1, g.Expand(own, 0, b), in.Sparse)
		return []*nn.Tensor{tokens, d.Transformer.First(g, tokens)}
	}
	if in.Known == nil {
		out := g.Scoped(of)
		return out[0], out[1]
	}
	from := append([]*nn.Tensor{d.score, d.iou, d.masks}, in.Known...)
	out := g.Derived(d, fmt.Sprint("tokens of ", b), append(from, d.Transformer.firstParameters()...), of)
	return out[0], out[1]
}

// hyperMasks maps mask tokens [B,4,C] to weights of the upscaled features, [B,4,C/8], each with its own MLP.
func (d *MaskDecoder) hyperMasks(g *nn.Graph, tokens *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		if g.Recording() {
			var w []*nn.Tensor
			for i := range d.hyper {
				w = append(w, d.hyper[i].Forward(g, g.Slice(tokens, 1, i, i+1)))
			}
			return g.Concat(1, w...)
		}
		return nn.ForwardEach(g, d.hyper[:], tokens)
	})
}

// upscale brings image tokens [B,N,C] to stride 4 and adds the finer features: -> [B,16N,C/8].
func (d *MaskDecoder) upscale(g *nn.Graph, image, s0, s1 *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		side := s1.Dim(1) / 2
		x := image.Reshape(image.Dim(0), side, side, image.Dim(2))
		x = g.Add(d.up1.Forward(g, x), s1) // [B,2g,2g,C/4]
		x = d.upNorm.Act(g, x, backend.GELU)
		x = g.Add(d.up2.Forward(g, x), s0) // [B,4g,4g,C/8]
		x = g.Activate(x, backend.GELU)
		return x.Reshape(x.Dim(0), -1, x.Dim(3))
	})
}

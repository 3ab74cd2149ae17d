package decoder

import (
	"crypto/sha256"
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Label is the kind of a point.
type Label int

// The kinds of points. A box is two points, its corners.
const (
	Padding Label = iota - 1
	Negative
	Positive
	BoxTopLeft
	BoxBottomRight
)

// Point is a position in the S x S image, in pixels, with x to the right and y down.
type Point struct {
	X, Y  float64
	Label Label
}

// PromptEncoder embeds points, boxes, and masks (SAM 2's PromptEncoder).
type PromptEncoder struct {
	size      int        // S
	frequency *nn.Tensor // [2,C/2] random Fourier features (Tancik et al., arXiv 2006.10739), not trained
	points    [4]*nn.Tensor
	notAPoint *nn.Tensor
	noMask    *nn.Tensor
	maskConvs [2]nn.Conv2d
	maskNorms [2]nn.LayerNorm
	maskOut   nn.Linear
	gaussian  []float32 // frequency on the host, read once
	gridKey   string    // cache key of the grid's encoding
}

// NewPromptEncoder declares the encoder's parameters under p (official prefix sam_prompt_encoder), for images of side
// size and embeddings of the given width.
func NewPromptEncoder(p *nn.Params, size, width int) *PromptEncoder {
	const maskChannels = 16
	e := &PromptEncoder{size: size, frequency: p.In("pe_layer").Buffer("positional_encoding_gaussian_matrix", nn.Normal(1), 2, width/2)}
	for i := range e.points {
		e.points[i] = p.In("point_embeddings", i).Tensor("weight", nn.Normal(1), nil, 1, width)
	}
	e.notAPoint = p.In("not_a_point_embed").Tensor("weight", nn.Normal(1), nil, 1, width)
	q, half := p.In("mask_downscaling"), nn.Conv{Kernel: 2, Stride: 2}
	e.maskConvs = [2]nn.Conv2d{q.Conv2d("0", 1, maskChannels/4, half), q.Conv2d("3", maskChannels/4, maskChannels, half)}
	e.maskNorms = [2]nn.LayerNorm{q.LayerNorm("1", maskChannels/4, 1e-6), q.LayerNorm("4", maskChannels, 1e-6)}
	e.maskOut = q.Pointwise("6", maskChannels, width)
	e.noMask = p.In("no_mask_embed").Tensor("weight", nn.Normal(1), nil, 1, width)
	return e
}

// fourier encodes a position in [0,1] x [0,1] as C sines and cosines.
func (e *PromptEncoder) fourier(x, y float64) []float32 {
	half := len(e.gaussian) / 2
	out := make([]float32, 2*half)
	for i := 0; i < half; i++ {
		angle := 2 * math.Pi * ((2*x-1)*float64(e.gaussian[i]) + (2*y-1)*float64(e.gaussian[half+i]))
		s, c := math.Sincos(angle)
		out[i], out[half+i] = float32(s), float32(c)
	}
	return out
}

// load reads the Fourier frequencies to the host, once.
func (e *PromptEncoder) load(g *nn.Graph) error {
	if e.gaussian != nil {
		return nil
	}
	v, err := g.Read(e.frequency)
	if err != nil {
		return fmt.Errorf("decoder: read the positional encoding: %w", err)
	}
	e.gaussian = v
	e.gridKey = fmt.Sprintf("fourier grid %x", sha256.Sum256([]byte(fmt.Sprint(v))))
	return nil
}

// Reload drops the host's copy of the frequencies; call it after loading new parameters.
func (e *PromptEncoder) Reload() { e.gaussian = nil }

// Grid returns the Fourier encoding of a side x side grid, [1,side*side,C] (SAM 2's get_dense_pe).
func (e *PromptEncoder) Grid(g *nn.Graph, side int) (*nn.Tensor, error) {
	if err := e.load(g); err != nil {
		return nil, err
	}
	grid := func() (v []float32) {
		for y := 0; y < side; y++ {
			for x := 0; x < side; x++ {
				v = append(v, e.fourier((float64(x)+0.5)/float64(side), (float64(y)+0.5)/float64(side))...)
			}
		}
		return v
	}
	return g.Constant(fmt.Sprintf("%s %d", e.gridKey, side), grid, 1, side*side, len(e.gaussian)), nil
}

// Points embeds the points of one item as [1,P,C]. pad appends the padding point that SAM adds, except after boxes
// passed as boxes.
func (e *PromptEncoder) Points(g *nn.Graph, points []Point, pad bool) (*nn.Tensor, error) {
	if err := e.load(g); err != nil {
		return nil, err
	}
	if pad {
		points = append(append([]Point(nil), points...), Point{Label: Padding})
	}
	return g.Scoped1(func() *nn.Tensor {
		var rows []*nn.Tensor
		for _, p := range points {
			rows = append(rows, e.point(g, p))
		}
		return g.Concat(0, rows...).Reshape(1, len(points), len(e.gaussian))
	}), nil
}

// None embeds the prompt of tracked slices, one padding point, padded: [1,2,C].
func (e *PromptEncoder) None(g *nn.Graph) *nn.Tensor {
	return g.Concat(0, e.notAPoint, e.notAPoint).Reshape(1, 2, -1)
}

// point embeds one point as [1,C]: its position plus its kind; padding has no position.
func (e *PromptEncoder) point(g *nn.Graph, p Point) *nn.Tensor {
	if p.Label == Padding {
		return e.notAPoint
	}
	at := e.fourier((p.X+0.5)/float64(e.size), (p.Y+0.5)/float64(e.size))
	return g.Add(g.Upload(at, 1, len(at)), e.points[p.Label])
}

// Mask embeds mask logits [B,4g,4g,1] as [B,g*g,C].
func (e *PromptEncoder) Mask(g *nn.Graph, logits *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		x := logits
		for i := range e.maskConvs {
			x = e.maskNorms[i].Act(g, e.maskConvs[i].Forward(g, x), backend.GELU)
		}
		x = e.maskOut.Forward(g, x)
		return x.Reshape(x.Dim(0), -1, x.Dim(3))
	})
}

// NoMask is the embedding [1,1,C] used at every position if there is no mask.
func (e *PromptEncoder) NoMask() *nn.Tensor { return e.noMask.Reshape(1, 1, -1) }

package slmsam

import (
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
)

// ClipFrame is one slice of a training clip for B objects.
type ClipFrame struct {
	Pixels *nn.Tensor // [1,S,S,3] normalised
	Masks  *nn.Tensor // [B,S*S] truth, 0 and 1
	Empty  []bool     // per object: the truth is empty

	// Present decides, instead of the predicted scores, which objects a tracked frame shows; nil: the scores do.
	Present []bool
	// Free gives the loss the masks of a tracked frame even of objects that count as absent.
	Free bool
	// Recall remembers the true masks of a tracked frame instead of the predicted ones.
	Recall bool

	// Prior is what a model with Config.Prior needs; B is 1 then, and Pixels may be nil.
	Prior *ClipPrior

	// Points prompts this frame with points instead of the true masks; nil elsewhere. Only for the first frame.
	Points [][]decoder.Point
}

// ClipOutput is what the model predicts on a slice of a clip, before any choice that the loss makes.
type ClipOutput struct {
	Logits *nn.Tensor // [B*k,S*S] of all candidates
	Result *decoder.Result
}

// RunClip tracks B objects through a clip as in training: the first frame is prompted, every frame is
// remembered by the sigmoid of its masks. each is called for every frame in order; while g records,
// gradients that it adds to the outputs flow through time. The outputs live until g.Free.
func (m *Model) RunClip(g *nn.Graph, frames []ClipFrame, mem Memory, each func(i int, out ClipOutput) error) error {
	bank, prior := memattn.NewBank(), m.newPrior()
	defer bank.Clear()
	for i, f := range frames {
		if prior != nil {
			f.Pixels = prior.clipPixels(g, f, i)
		}
		out, memory, err := m.clipFrame(g, f, i, len(frames), bank, mem, prior)
		if err != nil {
			return err
		}
		if absent, err := prior.clipFound(g, f, i, out.Result); err != nil {
			return err
		} else if absent {
			repeatMemory(bank, memattn.View{Slice: i})
		} else {
			bank.Put(memattn.Entry{Slice: i, Prompted: i == 0, Memory: memory, Pointer: out.Result.Pointer})
		}
		if err := each(i, out); err != nil {
			return err
		}
	}
	return nil
}

// clipFrame predicts and encodes one frame.
func (m *Model) clipFrame(g *nn.Graph, f ClipFrame, i, n int, bank *memattn.Bank, mem Memory, prior *prior) (out ClipOutput, memory *nn.Tensor, err error) {
	b, size := f.Masks.Dim(0), m.Config.ImageSize
	im := m.Encode(g, f.Pixels)
	switch {
	case i > 0:
		v := memattn.View{Slice: i, Slices: n, Train: true}
		asked := decoder.Prompts{}
		if prior != nil {
			asked = prior.prompts(g)
		}
		asked.Present, asked.Free = f.Present, f.Free
		out.Result, err = m.track(g, im, bank, v, mem, b, asked)
	case f.Points != nil:
		out.Result, err = m.PromptPoints(g, im, f.Points)
	default:
		out.Result, err = m.PromptMasks(g, im, f.Masks.Reshape(b, size, size, 1), f.Empty)
	}
	if err != nil {
		return out, nil, err
	}
	var chosen *nn.Tensor // [B,S,S,1]
	if i == 0 && f.Points == nil {
		chosen = m.trueLogits(g, f)
		out.Logits = chosen.Reshape(b, size*size)
	} else {
		chosen = m.upsample(g, out.Result.LowRes)
		out.Logits = m.upsample(g, out.Result.Candidates).Reshape(-1, size*size)
		if f.Recall {
			chosen = m.trueLogits(g, f)
		}
	}
	return out, m.RememberLogits(g, im, chosen, out.Result.Presence), nil
}

// trueLogits is the truth of a frame as logits of -10 and 10, [B,S,S,1].
func (m *Model) trueLogits(g *nn.Graph, f ClipFrame) *nn.Tensor {
	b, size := f.Masks.Dim(0), m.Config.ImageSize
	return g.Affine(f.Masks.Reshape(b, size, size, 1), decoder.MaskScale, decoder.MaskBias)
}

// TouchUnused gives a gradient of zero to the parameters that the official code multiplies by zero: they
// have no influence on a clip without absent objects or points, but weight decay acts on them.
func (m *Model) TouchUnused(g *nn.Graph, maskPrompts bool) {
	touched := append([]*nn.Tensor{m.noObject}, m.Heads.MaybeUnused(maskPrompts)...)
	for _, t := range touched {
		if t.NeedsGrad() && t.Grad() == nil {
			g.AddGrad(t, make([]float32, t.Len()))
		}
	}
}

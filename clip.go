package slmsam

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
)

// ClipFrame is one slice of each of K training clips that run side by side, with B objects in total.
type ClipFrame struct {
	Pixels *nn.Tensor // [K,S,S,3] normalized
	Masks  *nn.Tensor // [B,S*S] true masks, 0 and 1
	Empty  []bool     // [B] the true mask is empty
	Known  *nn.Tensor // [B,S*S] 0 where the truth is unknown, 1 elsewhere; nil: known everywhere
	Unsure []bool     // [B] the truth is unknown on part of the slice; nil: none
	Clip   []int      // [B] which of the K clips an object belongs to; nil if K is 1

	// Present, if not nil, overrides the predicted scores as to which objects count as present on a tracked frame, [B].
	Present []bool
	// Free passes the predicted masks of a tracked frame to the loss even for objects that count as absent.
	Free bool
	// Recall says for which objects of a tracked frame the true mask is remembered instead of the predicted one,
	// [B]; nil: none.
	Recall []bool
	// Passed tracks a frame without learning from it: each is not called. Only for a prior alone.
	Passed bool

	// Prior is the input of a model with Config.Prior for every object, [B]; every clip then has one object, and
	// Pixels may be nil.
	Prior []*ClipPrior

	// Points prompts objects of the first frame with points instead of their true masks, [B]; nil, overall or for an
	// object, uses the masks.
	Points [][]decoder.Point
}

// Clips is the number of clips, K.
func (f ClipFrame) Clips() int { return 1 + slices.Max(f.clips()) }

// objects is the number of objects, B.
func (f ClipFrame) objects() int { return f.Masks.Dim(0) }

// clips returns the clip that each object belongs to, [B].
func (f ClipFrame) clips() []int {
	if f.Clip == nil {
		return make([]int, f.objects())
	}
	return f.Clip
}

// ClipOutput is what the model predicts for n objects on a slice of a clip, with k candidates each, before the loss
// chooses among them.
type ClipOutput struct {
	Objects []int      // their indices in the frame
	Logits  *nn.Tensor // [n*k,S*S] all candidates
	Result  *decoder.Result

	chosen *nn.Tensor // [n,S,S,1] logits to remember
}

// RunClip tracks B objects through K clips as in training: the first frame is prompted, and every frame is
// remembered by the sigmoid of its masks. each is called for every frame in order; on the first frame, once for
// each kind of prompt. While g records, gradients that each adds to the outputs flow back through time. The outputs
// live until g.Free.
func (m *Model) RunClip(g *nn.Graph, frames []ClipFrame, mem Memory, each func(i int, out ClipOutput) error) error {
	if m.Config.PriorAlone {
		return m.runPriors(g, frames, each)
	}
	bank, priors := memattn.NewBank(), m.newPriors(len(frames[0].Prior))
	defer bank.Clear()
	for i, f := range frames {
		if priors != nil {
			f.Pixels = priors.clipPixels(g, f, i)
		}
		im := m.Encode(g, f.Pixels)
		of := im.of(g, f.clips())
		var outs []ClipOutput
		var err error
		if i == 0 {
			outs, err = m.promptClips(g, f, im, mem)
		} else {
			outs, err = m.trackClips(g, f, of, bank, memattn.View{Slice: i, Slices: len(frames), Train: true}, mem, priors)
		}
		if err != nil {
			return err
		}
		chosen, pointers, gate := joinOutputs(g, outs)
		memory := m.RememberLogits(g, of, chosen, gate)
		if err := priors.clipFound(g, f, i, outs); err != nil {
			return err
		}
		memory, pointers = priors.keepAbsent(g, bank.Get(i-1), memory, pointers)
		bank.Put(memattn.Entry{Slice: i, Prompted: i == 0, Memory: memory, Pointer: pointers})
		for _, out := range outs {
			if err := each(i, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// trackClips predicts a frame after the first, using the memory.
func (m *Model) trackClips(g *nn.Graph, f ClipFrame, of Image, bank *memattn.Bank, v memattn.View, mem Memory, p priors) ([]ClipOutput, error) {
	asked := p.prompts(g)
	asked.Present, asked.Free = f.Present, f.Free
	r, err := m.track(g, of, bank, v, mem, f.objects(), asked)
	if err != nil {
		return nil, err
	}
	out := m.predicted(g, upTo(f.objects()), r)
	if f.Recall != nil {
		truth := m.trueLogits(g, f.Masks)
		out.chosen = g.ReplaceItems(out.chosen, func(i int) *nn.Tensor {
			if f.Recall[i] {
				return g.Item(truth, i)
			}
			return nil
		})
	}
	return []ClipOutput{out}, nil
}

// promptClips predicts the first frame, batching the objects with the same number of points and those with masks.
func (m *Model) promptClips(g *nn.Graph, f ClipFrame, im Image, mem Memory) ([]ClipOutput, error) {
	var outs []ClipOutput
	for _, objects := range f.kinds() {
		out, err := m.promptKind(g, f, im.of(g, pick(f.clips(), objects)), objects, mem)
		if err != nil {
			return nil, err
		}
		outs = append(outs, out)
	}
	return outs, nil
}

// promptKind predicts the given objects on the first frame, which all have the same kind of prompt.
func (m *Model) promptKind(g *nn.Graph, f ClipFrame, of Image, objects []int, mem Memory) (ClipOutput, error) {
	if f.points(objects[0]) > 0 {
		r, err := m.PromptPoints(g, of, mem, pick(f.Points, objects), nil)
		if err != nil {
			return ClipOutput{}, err
		}
		return m.predicted(g, objects, r), nil
	}
	size, masks := m.Config.ImageSize, g.Gather(f.Masks, objects)
	r, err := m.PromptMasks(g, of, masks.Reshape(-1, size, size, 1), pick(f.Empty, objects))
	if err != nil {
		return ClipOutput{}, err
	}
	chosen := m.trueLogits(g, masks)
	return ClipOutput{Objects: objects, Logits: chosen.Reshape(-1, size*size), Result: r, chosen: chosen}, nil
}

// predicted upsamples the masks of a result to full size.
func (m *Model) predicted(g *nn.Graph, objects []int, r *decoder.Result) ClipOutput {
	size := m.Config.ImageSize
	return ClipOutput{Objects: objects, Result: r, chosen: m.upsample(g, r.LowRes),
		Logits: m.upsample(g, r.Candidates(g)).Reshape(-1, size*size)}
}

// trueLogits returns true masks [B,S*S] as logits of -10 and 10, [B,S,S,1].
func (m *Model) trueLogits(g *nn.Graph, masks *nn.Tensor) *nn.Tensor {
	size := m.Config.ImageSize
	return g.Affine(masks.Reshape(-1, size, size, 1), decoder.MaskScale, decoder.MaskBias)
}

// joinOutputs merges what is remembered of a frame, in the order of its objects: masks [B,S,S,1], pointers [B,C], and
// gate [B,1], which is above 0 where an object is present.
func joinOutputs(g *nn.Graph, outs []ClipOutput) (chosen, pointers, gate *nn.Tensor) {
	if len(outs) == 1 {
		r := outs[0].Result
		return outs[0].chosen, r.Pointer, r.Gate
	}
	var masks, tokens, gates []*nn.Tensor
	var order []int
	for _, out := range outs {
		masks, tokens, gates = append(masks, out.chosen), append(tokens, out.Result.Pointer), append(gates, out.Result.Gate)
		order = append(order, out.Objects...)
	}
	back := make([]int, len(order)) // position of each object in order
	for i, o := range order {
		back[o] = i
	}
	return g.Gather(g.Concat(0, masks...), back), g.Gather(g.Concat(0, tokens...), back), g.Gather(g.Concat(0, gates...), back)
}

// points is the number of points that prompt an object; 0 if its mask does.
func (f ClipFrame) points(object int) int {
	if f.Points == nil {
		return 0
	}
	return len(f.Points[object])
}

// kinds groups the objects by their number of points.
func (f ClipFrame) kinds() [][]int {
	var out [][]int
	place := map[int]int{}
	for o := range f.objects() {
		n := f.points(o)
		at, known := place[n]
		if !known {
			at = len(out)
			place[n], out = at, append(out, nil)
		}
		out[at] = append(out[at], o)
	}
	return out
}

// pick returns v[index[0]], v[index[1]], ...
func pick[T any](v []T, index []int) []T {
	out := make([]T, len(index))
	for i, k := range index {
		out[i] = v[k]
	}
	return out
}

// upTo lists 0, 1, ..., n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TouchUnused gives a zero gradient to parameters that do not affect a clip without absent objects or points. The
// official code multiplies them by zero, so that weight decay still applies to them.
func (m *Model) TouchUnused(g *nn.Graph, first ClipFrame) {
	if m.Config.PriorAlone {
		return
	}
	maskPrompts := false
	for o := range first.objects() {
		maskPrompts = maskPrompts || first.points(o) == 0
	}
	touched := append([]*nn.Tensor{m.noObject}, m.Heads.MaybeUnused(maskPrompts)...)
	for _, t := range touched {
		if t.NeedsGrad() && t.Grad() == nil {
			g.AddGrad(t, make([]float32, t.Len()))
		}
	}
}

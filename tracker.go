package slmsam

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Tracker tracks B objects that are prompted on the same slices. It owns their memory bank.
type Tracker struct {
	model   *Model
	g       *nn.Graph
	objects int
	slices  int // number of slices in the volume
	opt     TrackOptions
	bank    *memattn.Bank
	start   int // the slice that tracking starts from; -1: not set
	priors  priors
	claims  []float32 // [side,side] what other objects hold of the current slice; nil if unknown
}

// TrackOptions are the settings of a Tracker.
type TrackOptions struct {
	Memory    Memory // the banks in use
	FillHoles int    // fill background components of at most this many low-resolution pixels; 0: off
	BF16      bool   // round memories to bfloat16, as in the released predictor
}

// NewTracker returns a tracker of b objects in a volume with the given number of slices.
func (m *Model) NewTracker(g *nn.Graph, b, slices int, opt TrackOptions) *Tracker {
	return &Tracker{model: m, g: g, objects: b, slices: slices, opt: opt, bank: memattn.NewBank(), start: -1, priors: m.newPriors(b)}
}

// Close releases the memory.
func (t *Tracker) Close() { t.bank.Clear() }

// Fork returns a tracker that starts with a copy of t's memory and is independent from then on.
func (t *Tracker) Fork() *Tracker {
	fork := *t
	fork.bank, fork.priors = t.bank.Clone(), t.priors.clone()
	return &fork
}

// StartAt sets the slice from which tracking goes in both directions, so that what was found around it in the first
// direction is still in memory for the second.
func (t *Tracker) StartAt(slice int) { t.start = slice }

// Only makes the tracker forget everything but one slice, and returns it.
func (t *Tracker) Only(slice int) *Tracker {
	t.bank.Keep(slice)
	t.priors.keep(slice)
	return t
}

// Bank returns the tracker's memory bank.
func (t *Tracker) Bank() *memattn.Bank { return t.bank }

// View returns the tracker's view of its bank from a slice.
func (t *Tracker) View(slice int, reverse bool) memattn.View {
	return memattn.View{Slice: slice, Reverse: reverse, Slices: t.slices}
}

// Found is what was found on a slice, on the host.
type Found struct {
	Low   [][]float32 // per object [4g,4g] logits, holes filled
	Score []float32   // per object, logit of being present
	IoU   [][]float32 // per object, predicted IoU of the candidates asked for; 1 for mask prompts

	present []bool    // per object: it counts as present
	filled  bool      // some hole was filled
	agree   []float64 // per object, Dice of the two findings that were blended; nil: not blended
}

// PromptMasks prompts the objects with their masks on a slice, [S,S] each. All prompts must come before
// the first Track.
func (t *Tracker) PromptMasks(im Image, slice int, masks [][]bool) (Found, error) {
	if t.model.Config.PriorAlone { // the prior already has them
		return foundIn(masks), nil
	}
	size := t.model.Config.ImageSize
	values, empty := make([]float32, len(masks)*size*size), make([]bool, len(masks))
	for i, mask := range masks {
		empty[i] = true
		for p, on := range mask {
			if on {
				values[i*size*size+p] = 1
				empty[i] = false
			}
		}
	}
	return t.prompt(im, slice, func() (*decoder.Result, error) {
		return t.model.PromptMasks(t.g, im, t.g.Upload(values, len(masks), size, size, 1), empty)
	})
}

// PromptPoints prompts the objects with points, the same number for each, in pixels of the S x S image. earlier,
// unless nil, is an earlier result on the slice that the points correct, [4g,4g] logits per object.
func (t *Tracker) PromptPoints(im Image, slice int, points [][]Point, earlier [][]float32) (Found, error) {
	return t.prompt(im, slice, func() (*decoder.Result, error) {
		return t.model.PromptPoints(t.g, im, t.opt.Memory, points, t.earlier(earlier))
	})
}

// Correct prompts with points on a tracked slice, where earlier was found: the features are those after memory
// attention.
func (t *Tracker) Correct(im Image, slice int, reverse bool, points [][]Point, earlier [][]float32) (Found, error) {
	return t.prompt(im, slice, func() (*decoder.Result, error) {
		return t.model.CorrectPoints(t.g, im, t.bank, t.View(slice, reverse), t.opt.Memory, points, t.earlier(earlier))
	})
}

// maxEarlier bounds the logits of an earlier mask that is corrected, as in the released predictor.
const maxEarlier = 32

// earlier uploads earlier masks, resized to [B,4g,4g,1]; nil stays nil.
func (t *Tracker) earlier(low [][]float32) *nn.Tensor {
	if low == nil {
		return nil
	}
	side := 4 * t.model.Config.Grid()
	values := make([]float32, 0, len(low)*side*side)
	for _, l := range low {
		if at := sideOf(len(l)); at != side {
			l = volume.ResizeBilinear(l, at, at, side, side)
		}
		for _, v := range l {
			values = append(values, min(max(v, -maxEarlier), maxEarlier))
		}
	}
	return t.g.Upload(values, len(low), side, side, 1)
}

// prompt decodes a prompt and remembers the result: the masks after hole filling, binarized.
func (t *Tracker) prompt(im Image, slice int, decode func() (*decoder.Result, error)) (found Found, err error) {
	t.g.Scoped(func() []*nn.Tensor {
		var r *decoder.Result
		if r, err = decode(); err != nil {
			return nil
		}
		if found, err = t.found(r); err != nil {
			return nil
		}
		t.priors.prompted(slice, found)
		low := r.LowRes
		if found.filled {
			low = t.g.Upload(slices.Concat(found.Low...), low.Shape...)
		}
		err = t.remember(im, slice, false, true, low, r)
		return nil
	})
	return found, err
}

// Track finds the objects on the next slice. known means that they are present, whatever their scores.
func (t *Tracker) Track(im Image, slice int, reverse, known bool) (found Found, err error) {
	t.g.Scoped(func() []*nn.Tensor {
		var r *decoder.Result
		r, err = t.predict(im, slice, reverse, known)
		if err != nil {
			return nil
		}
		if t.priors == nil { // keeps the device busy while the host waits
			if err = t.remember(im, slice, reverse, false, r.LowRes, r); err != nil {
				return nil
			}
		}
		if found, err = t.found(r); err == nil && t.priors != nil {
			t.priors.tracked(slice, found, t.claims)
			err = t.remember(im, slice, reverse, false, r.LowRes, r)
		}
		t.model.trace(t.g, "memory_encoder")
		return nil
	})
	t.forget(slice, reverse)
	return found, err
}

// predict runs the network on a tracked slice.
func (t *Tracker) predict(im Image, slice int, reverse, known bool) (*decoder.Result, error) {
	asked := t.priors.prompts(t.g)
	if known {
		asked.Present = slices.Repeat([]bool{true}, t.objects)
	}
	if t.model.Config.PriorAlone {
		return decoder.PriorAlone(t.g, asked)
	}
	return t.model.track(t.g, im, t.bank, t.View(slice, reverse), t.opt.Memory, t.objects, asked)
}

// remember encodes masks low [B,1,4g,4g] and puts them into the bank.
func (t *Tracker) remember(im Image, slice int, reverse, prompted bool, low *nn.Tensor, r *decoder.Result) error {
	if t.model.Config.PriorAlone {
		return nil
	}
	memory := t.model.Remember(t.g, im, low, r.Gate, prompted)
	if t.opt.BF16 {
		var err error
		if memory, err = roundBF16(t.g, memory); err != nil {
			return err
		}
	}
	pointers := r.Pointer
	if !prompted {
		memory, pointers = t.priors.keepAbsent(t.g, t.bank.Get(t.View(slice, reverse).Before()), memory, pointers)
	}
	t.g.KeepHalves(memory)
	t.bank.Put(memattn.Entry{Slice: slice, Prompted: prompted, Memory: memory, Pointer: pointers})
	return nil
}

// forget drops entries that no later slice can use: those beyond the horizon, except around the start, which the
// reverse pass will see again.
func (t *Tracker) forget(slice int, reverse bool) {
	v := t.View(slice, reverse)
	t.bank.Forget(func(s int) bool {
		d := slice - s
		if v.Reverse {
			d = -d
		}
		near := t.start >= 0 && s-t.start <= memattn.Horizon && t.start-s <= memattn.Horizon
		return d < memattn.Horizon || (near && !reverse)
	})
}

// found reads a result to the host and fills holes.
func (t *Tracker) found(r *decoder.Result) (Found, error) {
	read, err := r.Read(t.g, r.LowRes)
	if err != nil {
		return Found{}, fmt.Errorf("slmsam: %w", err)
	}
	low, side := read[0], r.LowRes.Dim(2)
	f := Found{Score: r.Score, IoU: r.IoU}
	for i := range r.Score {
		l := low[i*side*side : (i+1)*side*side]
		if FillHoles(l, side, side, t.opt.FillHoles) {
			f.filled = true
		}
		f.Low = append(f.Low, l)
		f.present = append(f.present, r.Presence[i] > 0)
	}
	return f, nil
}

// roundBF16 rounds to the nearest bfloat16, ties to even.
func roundBF16(g *nn.Graph, x *nn.Tensor) (*nn.Tensor, error) {
	v, err := g.Read(x)
	if err != nil {
		return nil, fmt.Errorf("slmsam: read memory: %w", err)
	}
	for i, f := range v {
		bits := math.Float32bits(f)
		v[i] = math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
	}
	return g.Upload(v, x.Shape...), nil
}

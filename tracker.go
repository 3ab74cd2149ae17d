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

// Tracker follows B objects that are prompted on the same slices. It owns their memory bank.
type Tracker struct {
	model   *Model
	g       *nn.Graph
	objects int
	slices  int // in the volume
	opt     TrackOptions
	bank    *memattn.Bank
	start   int // the slice that tracking starts from; -1: not said
	priors  priors
}

// TrackOptions are the settings of a Tracker.
type TrackOptions struct {
	Memory    Memory // the banks in use
	FillHoles int    // background components of at most so many low-resolution pixels are filled; 0 off
	BF16      bool   // round memories to bfloat16, as the released predictor does
}

// NewTracker returns a tracker of b objects in a volume of so many slices.
func (m *Model) NewTracker(g *nn.Graph, b, slices int, opt TrackOptions) *Tracker {
	return &Tracker{model: m, g: g, objects: b, slices: slices, opt: opt, bank: memattn.NewBank(), start: -1, priors: m.newPriors(b)}
}

// Close releases the memory.
func (t *Tracker) Close() { t.bank.Clear() }

// Fork returns a tracker that starts with what t remembers, and goes its own way from there.
func (t *Tracker) Fork() *Tracker {
	fork := *t
	fork.bank, fork.priors = t.bank.Clone(), t.priors.clone()
	return &fork
}

// StartAt says from which slice tracking starts in both directions: the second one sees the neighbors that the first
// one found.
func (t *Tracker) StartAt(slice int) { t.start = slice }

// Only makes the tracker forget everything but one slice, and returns it.
func (t *Tracker) Only(slice int) *Tracker {
	t.bank.Keep(slice)
	t.priors.keep(slice)
	return t
}

// Bank returns what the tracker remembers.
func (t *Tracker) Bank() *memattn.Bank { return t.bank }

// View returns how the tracker looks at its bank from a slice.
func (t *Tracker) View(slice int, reverse bool) memattn.View {
	return memattn.View{Slice: slice, Reverse: reverse, Slices: t.slices}
}

// Found is what was found on a slice, on the host.
type Found struct {
	Low   [][]float32 // per object [4g,4g] logits, holes filled
	Score []float32   // per object, logit of being on the slice
	IoU   [][]float32 // per object, predicted for the candidates asked for; 1 for mask prompts

	present []bool    // per object: it counts as being on the slice
	filled  bool      // a hole was filled
	agree   []float64 // per object, of two findings that were blended
}

// PromptMasks gives the objects' masks on a slice, [S,S] each. All prompts come before the first Track.
func (t *Tracker) PromptMasks(im Image, slice int, masks [][]bool) (Found, error) {
	if t.model.Config.PriorAlone { // the prior has them already
		return given(masks), nil
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

// PromptPoints gives points, per object equally many, in pixels of the S x S image. earlier, unless nil, is what was
// found on the slice before, [4g,4g] logits per object: the points correct it.
func (t *Tracker) PromptPoints(im Image, slice int, points [][]Point, earlier [][]float32) (Found, error) {
	if t.model.Config.PriorAlone && t.priors[0].boxed != nil { // the prior has looked into the box
		return given([][]bool{t.priors[0].boxed}), nil
	}
	return t.prompt(im, slice, func() (*decoder.Result, error) {
		return t.model.PromptPoints(t.g, im, t.opt.Memory, points, t.earlier(earlier))
	})
}

// Correct gives points on a slice that was tracked, where earlier was found: the features are those that tracking
// sees there. A model of its prior alone has no memory to look at.
func (t *Tracker) Correct(im Image, slice int, reverse bool, points [][]Point, earlier [][]float32) (Found, error) {
	if t.model.Config.PriorAlone {
		return t.PromptPoints(im, slice, points, earlier)
	}
	return t.prompt(im, slice, func() (*decoder.Result, error) {
		return t.model.CorrectPoints(t.g, im, t.bank, t.View(slice, reverse), t.opt.Memory, points, t.earlier(earlier))
	})
}

// maxEarlier bounds the logits of an earlier mask that is corrected, as the released predictor does.
const maxEarlier = 32

// earlier brings earlier masks to the device, [B,4g,4g,1]; nil stays nil.
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

// prompt stores what the prompt gave. The memory of a prompted slice is made from the stored masks, after
// hole filling, binarized.
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

// Track finds the objects on the next slice. known says that they are there, whatever the scores.
func (t *Tracker) Track(im Image, slice int, reverse, known bool) (found Found, err error) {
	t.g.Scoped(func() []*nn.Tensor {
		var r *decoder.Result
		r, err = t.predict(im, slice, reverse, known)
		if err != nil {
			return nil
		}
		if t.priors == nil { // the device goes on while the host waits
			if err = t.remember(im, slice, reverse, false, r.LowRes, r); err != nil {
				return nil
			}
		}
		if found, err = t.found(r); err == nil && t.priors != nil {
			t.priors.tracked(slice, found)
			err = t.remember(im, slice, reverse, false, r.LowRes, r)
		}
		t.model.trace(t.g, "memory_encoder")
		return nil
	})
	t.forget(slice, reverse)
	return found, err
}

// predict is what the network finds on a tracked slice.
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
		memory, pointers = t.priors.without(t.g, t.bank.Get(t.View(slice, reverse).Before()), memory, pointers)
	}
	t.g.KeepHalves(memory)
	t.bank.Put(memattn.Entry{Slice: slice, Prompted: prompted, Memory: memory, Pointer: pointers})
	return nil
}

// forget drops what no later slice can look at: behind the horizon, but not around the start, which the
// reverse pass sees again.
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

// found reads a result and fills holes.
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

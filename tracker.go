package slmsam

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Tracker follows B objects that are prompted on the same slices. It owns their memory bank.
type Tracker struct {
	model   *Model
	g       *nn.Graph
	objects int
	slices  int // in the volume
	opt     TrackOptions
	bank    *memattn.Bank
	start   int // the slice that propagation starts from
	priors  priors
}

// TrackOptions are the settings of a Tracker.
type TrackOptions struct {
	Memory    Memory // the banks in use
	FillHoles int    // background components of at most so many low-resolution pixels are filled; 0 off
	BF16      bool   // round memories to bfloat16, as the released predictor does
}

// NewTracker returns a tracker of b objects in a volume of so many slices.
func (m *Model) NewTracker(g *nn.Graph, b, slices, start int, opt TrackOptions) *Tracker {
	return &Tracker{model: m, g: g, objects: b, slices: slices, opt: opt, bank: memattn.NewBank(), start: start, priors: m.newPriors(b)}
}

// Close releases the memory.
func (t *Tracker) Close() { t.bank.Clear() }

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

// PromptPoints gives points, per object equally many, in pixels of the S x S image.
func (t *Tracker) PromptPoints(im Image, slice int, points [][]decoder.Point) (Found, error) {
	return t.prompt(im, slice, func() (*decoder.Result, error) { return t.model.PromptPoints(t.g, im, points) })
}

// prompt stores what the prompt gave. The memory of a prompted slice is made from the stored masks, after
// hole filling, binarised.
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
		if t.opt.FillHoles > 0 {
			var filled []float32
			for _, l := range found.Low {
				filled = append(filled, l...)
			}
			low = t.g.Upload(filled, low.Shape...)
		}
		err = t.remember(im, slice, false, true, low, r)
		return nil
	})
	return found, err
}

// Track finds the objects on the next slice.
func (t *Tracker) Track(im Image, slice int, reverse bool) (found Found, err error) {
	t.g.Scoped(func() []*nn.Tensor {
		var r *decoder.Result
		r, err = t.predict(im, slice, reverse)
		if err != nil {
			return nil
		}
		if found, err = t.found(r); err != nil {
			return nil
		}
		t.priors.tracked(slice, found)
		err = t.remember(im, slice, reverse, false, r.LowRes, r)
		return nil
	})
	t.forget(slice, reverse)
	return found, err
}

// predict is what the network finds on a tracked slice.
func (t *Tracker) predict(im Image, slice int, reverse bool) (*decoder.Result, error) {
	asked := t.priors.prompts(t.g)
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
	memory := t.model.Remember(t.g, im, low, r.Presence, prompted)
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
		near := s-t.start <= memattn.Horizon && t.start-s <= memattn.Horizon
		return d < memattn.Horizon || (near && !reverse)
	})
}

// found reads a result and fills holes.
func (t *Tracker) found(r *decoder.Result) (Found, error) {
	low, err := t.g.Read(r.LowRes)
	if err != nil {
		return Found{}, fmt.Errorf("slmsam: read masks: %w", err)
	}
	side := r.LowRes.Dim(2)
	f := Found{Score: r.Score, IoU: r.IoU}
	for i := range r.Score {
		l := low[i*side*side : (i+1)*side*side]
		FillHoles(l, side, side, t.opt.FillHoles)
		f.Low = append(f.Low, l)
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

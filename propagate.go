package slmsam

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Slices is a volume as 8-bit slices along one axis, all of one size.
type Slices interface {
	Len() int
	Size() (h, w int)
	Gray(i int) []uint8 // [h,w], 0..255; the caller does not change it
}

// Prompt says where one object is on one slice: a mask, or points and a box, in native pixels.
type Prompt struct {
	Slice  int
	Object int             // any number; prompts with the same number belong together
	Mask   []bool          // [h,w]
	Points []decoder.Point // with Mask nil; a box is its two corners, first
}

// Direction says to which side of the prompt to propagate.
type Direction int

// The directions: from the prompt to the end, then from the prompt to the beginning; or one of the two.
const (
	Both Direction = iota
	Forward
	Backward
)

// Options are the settings of Propagate. The zero value is the paper's propagation of the whole volume.
type Options struct {
	Memory    Memory // the zero value takes the model's
	First     int    // first slice of the range
	End       int    // one past the last slice; 0 is the volume's end
	Direction Direction
	KeepHoles bool // do not fill small holes in the masks
	BF16      bool // store memories as bfloat16, as the released predictor does

	// Zoom shows the model for each object the square of Zoom times its size about its prompts: small objects
	// gain, what moves far is lost at the border. 0 takes the model's, WholeSlice shows all, as SAM 2 does. An
	// object that is given by points alone has no size: it is looked for on whole slices.
	Zoom float64
}

// WholeSlice is the Zoom that shows everything.
var WholeSlice = math.Inf(1)

// Banks is what Propagate takes for Options.Memory: the model's own where that is not set.
func (m *Model) Banks(opt Options) Memory {
	if opt.Memory == (Memory{}) {
		return m.Config.Memory
	}
	return opt.Memory
}

// Zoom is what Propagate takes for Options.Zoom: the model's own where that is 0, and 0 for whole slices.
func (m *Model) Zoom(opt Options) float64 {
	zoom := opt.Zoom
	if zoom == 0 {
		zoom = m.Config.Zoom
	}
	if zoom == WholeSlice {
		return 0
	}
	return zoom
}

// holeArea is the released predictor's fill_hole_area, in pixels at stride 4.
const holeArea = 8

// SliceResult is what Propagate found on a slice for some of the objects.
type SliceResult struct {
	Slice   int
	Objects []ObjectResult
	Done    int // slices finished, of Total, this one included
	Total   int
}

// ObjectResult is one object on one slice.
type ObjectResult struct {
	Object   int
	Prompted bool
	Score    float32   // logit of the object being on the slice; absent if <= 0
	Logits   []float32 // [h,w]; the object is where they are > 0
}

// Propagate carries prompts through a volume and hands every slice's masks to emit, in the order of
// tracking: from the first prompt to the end, then from there to the beginning (Options.Direction).
// Image features are computed once per slice for all objects. Objects with prompts on different slices
// start at their own, so emit may see a slice twice, each time with other objects. An error from emit
// or the end of ctx stops the work.
func (m *Model) Propagate(ctx context.Context, g *nn.Graph, s Slices, prompts []Prompt, opt Options, emit func(SliceResult) error) error {
	if zoom := m.Zoom(opt); len(prompts) > 0 && (zoom > 0 || m.prior != nil && !seenAlone(s)) {
		return m.propagateZoomed(ctx, g, s, prompts, zoom, opt, emit)
	}
	p, err := m.plan(g, s, prompts, opt)
	if err != nil {
		return err
	}
	defer p.close()
	p.emit = emit
	if err := p.prompts(ctx); err != nil {
		return err
	}
	if opt.Direction != Backward {
		if err := p.sweep(ctx, false); err != nil {
			return err
		}
	}
	if opt.Direction != Forward {
		return p.sweep(ctx, true)
	}
	return nil
}

// propagation is the work of one Propagate.
type propagation struct {
	model       *Model
	g           *nn.Graph
	slices      Slices
	opt         Options
	groups      []*group
	emit        func(SliceResult) error
	done, total int
}

// group is objects with prompts on the same slices.
type group struct {
	*Tracker
	objects []int
	prompts map[int][]Prompt       // by slice, one per object
	ready   map[int][]ObjectResult // what the prompts gave, until emitted
}

// prompts encodes every prompted slice: all of them are in the bank before tracking begins.
func (p *propagation) prompts(ctx context.Context) error {
	for _, slice := range p.promptedSlices() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := p.withImage(slice, false, func(im Image) error {
			for _, gr := range p.groups {
				if gr.prompts[slice] == nil {
					continue
				}
				if err := p.prompt(gr, im, slice); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// prompt gives a group its prompts on a slice.
func (p *propagation) prompt(gr *group, im Image, slice int) error {
	h, w := p.slices.Size()
	size := p.model.Config.ImageSize
	var found Found
	var err error
	of := gr.prompts[slice]
	if of[0].Mask != nil {
		masks := make([][]bool, len(of))
		for i, pr := range of {
			masks[i] = volume.ResizeMask(pr.Mask, h, w, size)
			if !slices.Contains(masks[i], true) {
				return fmt.Errorf("the mask of object %d is so small that it vanishes at the model's %d x %d: use a larger resolution", pr.Object, size, size)
			}
		}
		found, err = gr.PromptMasks(im, slice, masks)
	} else {
		points := make([][]decoder.Point, len(of))
		for i, pr := range of {
			for _, pt := range pr.Points {
				pt.X *= float64(size) / float64(w)
				pt.Y *= float64(size) / float64(h)
				points[i] = append(points[i], pt)
			}
		}
		found, err = gr.PromptPoints(im, slice, points)
	}
	if err != nil {
		return err
	}
	results, err := p.results(gr, found)
	for i, pr := range of {
		if results == nil {
			break
		}
		results[i].Prompted = true
		if pr.Mask != nil { // the user's mask itself is the result
			results[i].Logits = maskLogits(pr.Mask)
		}
	}
	gr.ready[slice] = results
	return err
}

// sweep tracks towards the end of the range or, in reverse, towards its beginning.
func (p *propagation) sweep(ctx context.Context, reverse bool) error {
	order := p.order(reverse)
	for _, slice := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		var active []*group
		result := SliceResult{Slice: slice}
		for _, gr := range p.groups {
			switch {
			case gr.ready[slice] != nil:
				result.Objects = append(result.Objects, gr.ready[slice]...)
				delete(gr.ready, slice)
			case gr.prompts[slice] == nil && gr.reaches(slice, reverse):
				active = append(active, gr)
			}
		}
		err := p.track(active, slice, reverse, &result)
		if err != nil {
			return err
		}
		if len(result.Objects) == 0 {
			continue
		}
		p.done++
		result.Done, result.Total = p.done, p.total
		if err := p.emit(result); err != nil {
			return err
		}
	}
	return nil
}

// track finds the objects of the active groups on a slice.
func (p *propagation) track(active []*group, slice int, reverse bool, result *SliceResult) error {
	if len(active) == 0 {
		return nil
	}
	return p.withImage(slice, reverse, func(im Image) error {
		for _, gr := range active {
			found, err := gr.Track(im, slice, reverse)
			if err != nil {
				return err
			}
			objects, err := p.results(gr, found)
			if err != nil {
				return err
			}
			result.Objects = append(result.Objects, objects...)
		}
		return nil
	})
}

// withImage computes a slice's features for the time of f.
func (p *propagation) withImage(slice int, reverse bool, f func(Image) error) error {
	var err error
	p.g.Scoped(func() []*nn.Tensor {
		if p.lookWithPrior(slice, reverse) {
			err = f(Image{})
		} else {
			err = f(p.model.Encode(p.g, p.pixels(slice)))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("slice %d: %w", slice, err)
	}
	return nil
}

// pixels is what the model is shown of a slice, [1,S,S,3].
func (p *propagation) pixels(slice int) *nn.Tensor {
	h, w := p.slices.Size()
	size := p.model.Config.ImageSize
	gray := volume.ResizePIL(p.slices.Gray(slice), h, w, size, size, volume.Bicubic)
	if p.model.prior != nil {
		return p.groups[0].priors.pixels(p.g, [][]uint8{gray})
	}
	return p.g.Upload(volume.ImageNet(gray), 1, size, size, 3)
}

// results brings low-resolution masks to the native size.
func (p *propagation) results(gr *group, found Found) ([]ObjectResult, error) {
	h, w := p.slices.Size()
	var out []ObjectResult
	var err error
	for i, object := range gr.objects {
		r := ObjectResult{Object: object, Score: found.Score[i]}
		p.g.Scoped(func() []*nn.Tensor {
			side := sideOf(len(found.Low[i]))
			native := p.g.Resize(p.g.Upload(found.Low[i], 1, side, side, 1), h, w, nn.Bilinear)
			r.Logits, err = p.g.Read(native)
			return nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// maskLogits returns logits of -10 and 10.
func maskLogits(mask []bool) []float32 {
	out := make([]float32, len(mask))
	for i, on := range mask {
		out[i] = decoder.MaskBias
		if on {
			out[i] += decoder.MaskScale
		}
	}
	return out
}

// reaches says whether a group's tracking comes by a slice in the given direction.
func (gr *group) reaches(slice int, reverse bool) bool {
	if reverse {
		return slice < gr.start
	}
	return slice > gr.start
}

// order lists the slices of a sweep: from the outermost start to the end of the range.
func (p *propagation) order(reverse bool) []int {
	first, last := p.opt.End, p.opt.First
	for _, gr := range p.groups {
		first, last = min(first, gr.start), max(last, gr.start)
	}
	var order []int
	if reverse {
		for i := last; i >= p.opt.First; i-- {
			order = append(order, i)
		}
		return order
	}
	for i := first; i < p.opt.End; i++ {
		order = append(order, i)
	}
	return order
}

func (p *propagation) promptedSlices() []int {
	var out []int
	for _, gr := range p.groups {
		for slice := range gr.prompts {
			if !slices.Contains(out, slice) {
				out = append(out, slice)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (p *propagation) close() {
	for _, gr := range p.groups {
		gr.Close()
	}
}

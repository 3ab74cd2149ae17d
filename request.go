package slmsam

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Request is the input of Segment.
type Request struct {
	Slices  Slices
	Prompts []Prompt
	Options

	// Present and Absent are the slices known to contain an object, or not to, by object; entries for 0 apply to all
	// objects. Between two outlined slices, an object is assumed to be present anyway. Tracking ends at a slice known
	// not to contain the object.
	Present, Absent map[int][]Span

	// Earlier is a label map of the same volume to correct: what is not recomputed stays as it is there. Only says
	// which slices of each object are recomputed; objects without an entry are not. Without Earlier, both are nil.
	Earlier *volume.LabelMap
	Only    map[int][]Span

	// Progress, unless nil, is called for every finished slice. An error from it ends the work.
	Progress func(Progress) error
}

// Add adds a prompt. Points on a slice where the object already has a prompt are added to it. With an Earlier result,
// what the prompt can affect is recomputed.
func (r *Request) Add(p Prompt) {
	at := slices.IndexFunc(r.Prompts, func(q Prompt) bool { return q.Slice == p.Slice && q.Object == p.Object })
	switch {
	case at < 0:
		r.Prompts = append(r.Prompts, p)
	case p.Mask != nil:
		r.Prompts[at] = p
	default:
		r.Prompts[at].Points = append(slices.Clone(r.Prompts[at].Points), p.Points...)
	}
	if r.Earlier == nil {
		return
	}
	r.Again(p.Object, p.Slice)
}

// Again marks for recomputation what a change of an object on a slice can affect: the slices between it and its
// neighbors among the object's prompts and the slices known not to contain it. Earlier, First, and End must be set.
func (r *Request) Again(object, slice int) {
	var fixed []int
	for _, q := range r.Prompts {
		if q.Object == object {
			fixed = append(fixed, q.Slice)
		}
	}
	for _, s := range r.absent(object) {
		fixed = append(fixed, s.First, s.End-1)
	}
	slices.Sort(fixed)
	r.Only[object] = append(r.Only[object], affected([]int{slice}, fixed, r.First, r.End)...)
}

// present and absent are the spans known for an object.
func (r *Request) present(object int) []Span { return slices.Concat(r.Present[0], r.Present[object]) }
func (r *Request) absent(object int) []Span  { return slices.Concat(r.Absent[0], r.Absent[object]) }

// Progress reports that a slice is finished for some objects.
type Progress struct {
	Slice   int
	Objects []int            // labels
	Labels  *volume.LabelMap // the result so far; must not be changed or retained
	Done    int              // steps, of Total
	Total   int
}

// Options are the settings of Segment. The zero value tracks through the whole volume with the model's own settings.
type Options struct {
	Memory    Memory // the zero value takes the model's
	First     int    // first slice of the range
	End       int    // one past the last slice; 0: the volume's end
	Direction Direction
	Order     Order
	KeepHoles bool // do not fill small holes in the masks
	BF16      bool // store memories as bfloat16, as in the released predictor

	// Crop shows the model, for each object, a square around its prompts that is Crop times its size. Small objects
	// benefit; objects that move far are lost at the border. 0 takes the model's crop; WholeSlice shows everything,
	// as SAM 2 does. An object marked by clicks alone has no size and is looked for on whole slices.
	Crop float64

	// Untrained allows prompts and memories that the weights were not trained with (Config.Trained).
	Untrained bool
}

// WholeSlice is the Crop that shows whole slices.
var WholeSlice = math.Inf(1)

// Direction says on which side of the prompts to track.
type Direction int

// The directions.
const (
	Both Direction = iota
	Forward
	Backward
)

// Order says from which outlines the slices between two of them are reached.
type Order int

// The orders.
const (
	// Blended tracks from both outlines through the whole gap and weights the two results by distance and area.
	Blended Order = iota
	// Nearest tracks each half of the gap from its own outline.
	Nearest
	// Official is the released predictor's order: with all outlines in memory, from the first one to the end of the
	// volume, then from there to its beginning. The recorded sequences use this order.
	Official
)

// Orders maps the orders' names on the command line.
var Orders = map[string]Order{"blended": Blended, "nearest": Nearest, "official": Official}

// Banks returns the memory that Segment uses: Options.Memory or, if that is not set, the model's own.
func (m *Model) Banks(opt Options) Memory {
	if opt.Memory == (Memory{}) {
		return m.Config.Memory
	}
	return opt.Memory
}

// Crop returns the crop that Segment uses: Options.Crop or, if that is 0, the model's own; 0 for whole slices.
func (m *Model) Crop(opt Options) float64 {
	crop := opt.Crop
	if crop == 0 {
		crop = m.Config.Crop
	}
	if crop == WholeSlice {
		return 0
	}
	return crop
}

// check fills in defaults and returns an error for a request that cannot be carried out.
func (m *Model) check(r *Request) error {
	s, opt := r.Slices, &r.Options
	if opt.End == 0 {
		opt.End = s.Len()
	}
	if opt.First < 0 || opt.End > s.Len() || opt.First >= opt.End {
		return fmt.Errorf("slmsam: slices %d:%d are not a range within the volume's %d", opt.First, opt.End, s.Len())
	}
	opt.Memory = m.Banks(*opt)
	if err := opt.Memory.validate(m.Config.Frames); err != nil {
		return err
	}
	if len(r.Prompts) == 0 && r.Earlier == nil {
		return fmt.Errorf("slmsam: no prompt: need at least one mask, point or box")
	}
	h, w := s.Size()
	seen := map[[2]int]bool{}
	for _, p := range r.Prompts {
		if err := p.check(h, w); err != nil {
			return err
		}
		switch {
		case p.Slice < opt.First || p.Slice >= opt.End:
			return fmt.Errorf("slmsam: prompt on slice %d, outside the range %d:%d", p.Slice, opt.First, opt.End)
		case seen[[2]int{p.Slice, p.Object}]:
			return fmt.Errorf("slmsam: two prompts for object %d on slice %d", p.Object, p.Slice)
		case anyContains(r.absent(p.Object), p.Slice):
			return fmt.Errorf("slmsam: object %d has a prompt on slice %d, which is also marked as not containing it", p.Object, p.Slice)
		}
		seen[[2]int{p.Slice, p.Object}] = true
	}
	if e := r.Earlier; e != nil && e.Dim != s.Volume.Dim {
		return fmt.Errorf("slmsam: the earlier result has %v voxels, the volume %v", e.Dim, s.Volume.Dim)
	}
	return m.allows(*r)
}

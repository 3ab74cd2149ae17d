package slmsam

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Request is what Segment is asked for.
type Request struct {
	Slices  Slices
	Prompts []Prompt
	Options

	// Present and Absent are the slices that are known to hold an object, or not to, by object; those under 0 count
	// for all objects. Between two outlined slices an object is taken to be present anyway. Tracking ends at a slice
	// that is known not to hold the object.
	Present, Absent map[int][]Span

	// Earlier is a label map of the same volume to correct: what is not computed again stays as it is there. Only says
	// which slices are computed again, by object; an object that it leaves out is not. Without Earlier both are nil.
	Earlier *volume.LabelMap
	Only    map[int][]Span

	// Progress, unless nil, is told of every finished slice. An error that it returns ends the work.
	Progress func(Progress) error
}

// Add adds a prompt. Points on a slice where the object has a prompt join it. With an Earlier result, what the prompt
// can change is computed again.
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

// Again has computed again what a change of an object on a slice can affect: what lies between it and its neighbors
// among the object's prompts and the slices known not to hold it. Earlier, First and End are set before.
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

// present and absent are what is known of an object.
func (r *Request) present(object int) []Span { return slices.Concat(r.Present[0], r.Present[object]) }
func (r *Request) absent(object int) []Span  { return slices.Concat(r.Absent[0], r.Absent[object]) }

// Progress says that a slice is finished for some objects.
type Progress struct {
	Slice   int
	Objects []int            // labels
	Labels  *volume.LabelMap // the result so far; not to be changed or kept
	Done    int              // steps, of Total
	Total   int
}

// Options are the settings of Segment. The zero value tracks the whole volume with the model's own settings.
type Options struct {
	Memory    Memory // the zero value takes the model's
	First     int    // first slice of the range
	End       int    // one past the last slice; 0 is the volume's end
	Direction Direction
	Order     Order
	KeepHoles bool // do not fill small holes in the masks
	BF16      bool // store memories as bfloat16, as the released predictor does

	// Crop shows the model, for each object, the square of Crop times its size about its prompts: small objects
	// gain, what moves far is lost at the border. 0 takes the model's, WholeSlice shows all, as SAM 2 does. An
	// object that is given by clicks alone has no size: it is looked for on whole slices.
	Crop float64

	// Untrained allows prompts and memories that the weights were not trained with (Config.Trained).
	Untrained bool
}

// WholeSlice is the Crop that shows everything.
var WholeSlice = math.Inf(1)

// Direction says to which side of the prompts to track.
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
	// Blended tracks from both outlines through the whole gap and weighs the two by distance and area.
	Blended Order = iota
	// Nearest tracks each half of the gap from its own outline.
	Nearest
	// Official is the released predictor's: with all outlines in memory from the first one to the end of the volume,
	// then from there to its beginning. The recorded sequences are in this order.
	Official
)

// Orders names the orders as the command line does.
var Orders = map[string]Order{"blended": Blended, "nearest": Nearest, "official": Official}

// Banks is what Segment takes for Options.Memory: the model's own where that is not set.
func (m *Model) Banks(opt Options) Memory {
	if opt.Memory == (Memory{}) {
		return m.Config.Memory
	}
	return opt.Memory
}

// Crop is what Segment takes for Options.Crop: the model's own where that is 0, and 0 for whole slices.
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

// check completes the options and reports what cannot be done.
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
	if opt.Untrained {
		return nil
	}
	return m.Config.Trained.allows(r.Prompts, opt.Memory)
}

package train

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
)

// Clip is a training example: consecutive slices of a volume with B objects, augmented and resized to S x S.
type Clip struct {
	Name    string  // volume, slices, and labels, for messages
	Size    int     // S
	Gap     float64 // distance between frames, in pixels of Config.PriorSide; 0 unless the model has a prior
	Objects []int32
	Frames  []Frame
}

// Frame is one slice of a clip.
type Frame struct {
	Gray    []uint8           // [S,S] gray values
	Masks   []bool            // [B,S,S] true masks
	Empty   []bool            // [B] the object is not on the slice
	Unknown []bool            // [S,S] pixels whose labels are unknown; nil: none
	Free    bool              // the mask loss applies even to objects whose score says they are absent
	Recall  bool              // the true masks are remembered instead of the predicted ones
	Passed  bool              // tracked, but not learned from
	Present []bool            // [B] true presence, where it decides what is remembered; nil leaves that to the scores
	Prior   *slmsam.ClipPrior // inputs of a model with a prior; nil for others
	Points  [][]decoder.Point // [B] prompts in pixels of the S x S image, on the first frame; nil: the masks are the prompts
}

// Sampler draws clips. Clip n depends only on the recipe, the source, and n, so that resumed training continues with
// the clips it would have seen, whichever goroutine makes them.
type Sampler struct {
	source Source
	recipe Recipe
	size   int            // S
	config *slmsam.Config // of a model with a prior; nil for others

	mu    sync.Mutex
	epoch int
	turn  []int // the order of the volumes in that epoch
}

// NewSampler returns a sampler of clips for a model with an S x S input.
func NewSampler(source Source, r Recipe, s int) *Sampler {
	return &Sampler{source: source, recipe: r, size: s, epoch: -1}
}

// For adapts the clips to a model's other needs, and returns the sampler.
func (s *Sampler) For(c slmsam.Config) *Sampler {
	if c.Prior {
		s.config = &c
	}
	return s
}

// Random streams, one for each purpose.
const (
	clipStream = iota << 40
	orderStream
	stepStream
	holdStream
)

// maxShuffled bounds the sources whose order is shuffled. Larger ones are generated, so their order is random
// already.
const maxShuffled = 1 << 16

// clipTries bounds the attempts to find a clip whose objects survive the augmentation.
const clipTries = 8

// errNoObject means that all objects of a clip were cut off or too small for the model.
var errNoObject = errors.New("no object is left after augmentation and resizing")

// Clip makes clip n of the training.
func (s *Sampler) Clip(n int) (*Clip, error) {
	rng := rand.New(rand.NewPCG(s.recipe.Seed, clipStream+uint64(n)))
	c, err := s.source.Case(s.volume(n, rng))
	if err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	turned := s.turned(c, rng)
	clip, err := s.drawAny(turned, rng)
	if turned != c && errors.Is(err, errNoObject) { // its objects may be too thin across that axis
		clip, err = s.drawAny(c, rng)
	}
	if errors.Is(err, errNoObject) {
		return nil, fmt.Errorf("train: case %s: %w at %d x %d: its objects are too small, or augment is too strong", c.Name, err, s.size, s.size)
	}
	if err == nil {
		s.recall(clip, n, rng)
	}
	return clip, err
}

// drawAny draws clips of a case until one has an object left, at most clipTries times.
func (s *Sampler) drawAny(c *Case, rng *rand.Rand) (clip *Clip, err error) {
	for range clipTries {
		if clip, err = s.draw(c, rng); !errors.Is(err, errNoObject) {
			break
		}
	}
	return clip, err
}

// recall chooses the frames of clip n whose true masks are remembered.
func (s *Sampler) recall(clip *Clip, n int, rng *rand.Rand) {
	part := s.recipe.Teacher.trueMasks(n / s.recipe.Batch)
	for i := range clip.Frames {
		clip.Frames[i].Recall = part > 0 && rng.Float64() < part
	}
}

// volume chooses the volume of clip n: each in turn, in a new order every epoch, or by weight.
func (s *Sampler) volume(n int, rng *rand.Rand) int {
	count := s.source.Len()
	if c, ok := s.source.(chooser); ok {
		return c.choose(n, rng)
	}
	if w, ok := s.source.(Weighted); ok && !uniform(w) {
		return byWeight(w, rng)
	}
	if count > maxShuffled {
		return n % count
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch := n / count; s.epoch != epoch {
		s.turn = rand.New(rand.NewPCG(s.recipe.Seed, orderStream+uint64(epoch))).Perm(count)
		s.epoch = epoch
	}
	return s.turn[n%count]
}

// uniform reports whether all weights are equal.
func uniform(w Weighted) bool {
	for i := range w.Len() {
		if w.Weight(i) != w.Weight(0) {
			return false
		}
	}
	return true
}

// byWeight draws the index of a case with probability proportional to its weight.
func byWeight(w Weighted, rng *rand.Rand) int {
	total := 0.0
	for i := range w.Len() {
		total += w.Weight(i)
	}
	x := rng.Float64() * total
	for i := range w.Len() {
		if x -= w.Weight(i); x < 0 {
			return i
		}
	}
	return w.Len() - 1
}

// draw takes a random clip from a case. Its first slice holds an object. As often as the recipe asks, and where the
// case allows it, the order is reversed, slices are skipped, and the clip outlasts an object.
func (s *Sampler) draw(c *Case, rng *rand.Rand) (*Clip, error) {
	if s.recipe.Sweeps > 0 && (rng.Float64() < s.recipe.Sweeps || s.tooShort(c)) {
		if object, along, ok := s.sweep(c, rng); ok {
			clip, err := s.render(c, along, []int{object}, rng)
			if err == nil {
				clip.markPassed(s.recipe.Frames, rng)
			}
			return clip, err
		}
	}
	stride := 1
	if s.recipe.Stride > 1 {
		stride += rng.IntN(s.recipe.Stride)
	}
	starts, err := s.clipStarts(c, stride)
	if err != nil && stride > 1 { // too few slices for this stride
		stride = 1
		starts, err = s.clipStarts(c, stride)
	}
	if err != nil {
		return nil, err
	}
	back := 0 // index into starts
	if rng.Float64() < s.recipe.Reverse {
		back = 1
	}
	if len(starts[back]) == 0 {
		back = 1 - back
	}
	from, step := starts[back], stride*(1-2*back)
	ends := s.recipe.Ends > 0 && rng.Float64() < s.recipe.Ends
	if ends {
		if with := c.withEnd(from, s.recipe.Frames, step); len(with) > 0 {
			from = with
		}
	}
	start := from[rng.IntN(len(from))]
	if s.recipe.Still > 0 && rng.Float64() < s.recipe.Still {
		step = 0
	}
	return s.render(c, traversal{start, step, s.recipe.Frames}, s.objects(c, start, step, ends, rng), rng)
}

// traversal is a sequence of slices through a volume: where it starts, the step between slices, and how many there
// are.
type traversal struct{ start, step, slices int }

// last returns the last slice.
func (w traversal) last() int { return w.start + (w.slices-1)*w.step }

// objects chooses among the objects on a clip's first slice; if ends, one that is gone by the clip's last slice comes
// first.
func (s *Sampler) objects(c *Case, start, step int, ends bool, rng *rand.Rand) []int {
	visible, most := c.Visible(start), s.mostObjects()
	var out []int
	if ending := c.ending(start, s.recipe.Frames, step); ends && len(ending) > 0 {
		out = append(out, ending[rng.IntN(len(ending))])
	}
	for _, i := range rng.Perm(len(visible)) {
		if len(out) < most && !slices.Contains(out, visible[i]) {
			out = append(out, visible[i])
		}
	}
	slices.Sort(out)
	return out
}

// mostObjects is the most objects tracked in a clip; a model with a prior tracks one.
func (s *Sampler) mostObjects() int {
	if s.config != nil {
		return 1
	}
	return s.recipe.MaxObjects
}

// render augments and resizes the slices of a clip. Objects that the transform removes from the first slice are
// dropped.
func (s *Sampler) render(c *Case, along traversal, objects []int, rng *rand.Rand) (*Clip, error) {
	start := along.start
	warp := s.recipe.Augment.draw(rng, c.H, c.W)
	if focus := s.recipe.Augment.Focus; focus > 0 && rng.Float64() < focus {
		warp.center(c.Mask(start, objects[rng.IntN(len(objects))]))
	}
	if crop := s.recipe.Augment.Crop; crop[0] > 0 {
		if !warp.crop(c.Labels[start], uint8(1+objects[rng.IntN(len(objects))]), logUniform(rng, crop)) {
			return nil, errNoObject
		}
	}
	if limit := s.recipe.Augment.Bend; limit > 0 {
		h, w := warp.size()
		warp.bend = drawBend(rng, limit, h, w)
	}
	objects = s.surviving(c, warp, start, objects)
	if len(objects) == 0 {
		return nil, errNoObject
	}
	gray := s.grayOf(c, start, objects[0], rng)
	clip := &Clip{Size: s.size, Name: fmt.Sprintf("%s, slices %d to %d, labels", c.Name, start, along.last())}
	for _, o := range objects {
		clip.Objects = append(clip.Objects, c.Objects[o])
		clip.Name += fmt.Sprintf(" %d", c.Objects[o])
	}
	for i := range along.slices {
		z := start + i*along.step
		f := Frame{Gray: warp.image(gray(z), s.size, s.recipe.Augment.drawFrame(rng))}
		f.Masks, f.Empty = s.masks(c, warp, z, objects)
		f.Unknown = s.unknown(c, warp, z)
		clip.Frames = append(clip.Frames, f)
	}
	if rng.Float64() < s.recipe.Augment.Vanish {
		vanish(clip, rng)
	}
	clip.Frames[0].Points = s.points(clip.Frames[0], len(objects), rng)
	for i := range clip.Frames {
		s.recipe.Teacher.force(&clip.Frames[i])
	}
	clip.Gap = s.gap(c, warp, along.step)
	s.addPrior(clip)
	return clip, nil
}

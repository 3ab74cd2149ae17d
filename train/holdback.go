package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Which volumes HoldBack keeps from training: with at least enoughVolumes (two if a prior's refiner is trained, and not carefully), one
// in heldOneIn, but at least one and at most mostHeld; with fewer, the slices that remain after training on trainedPart of each volume's
// object range.
const (
	enoughVolumes = 3
	heldOneIn     = 4
	mostHeld      = 8
	trainedPart   = 2. / 3
)

// HoldBack splits off data for validation, always the same for a given seed: whole volumes or, if there are too few, some
// slices of each. In the latter case the training volumes end within their objects' range, and what lies beyond counts in
// validation. held is nil if the recipe does not ask for it, or if too little would be left to take clips from. how
// describes what was held back.
func HoldBack(d *Dataset, r Recipe) (train, held Source, how string, err error) {
	if !r.HoldBack {
		return d, nil, "", nil
	}
	if n := d.Len(); n >= enoughVolumes || n > 1 && r.alone() && !r.careful() {
		rng := rand.New(rand.NewPCG(r.Seed, holdStream))
		var names []string
		for _, i := range rng.Perm(n)[:min(mostHeld, max(1, n/heldOneIn))] {
			names = append(names, d.Names()[i])
		}
		slices.Sort(names)
		rest, out, err := d.Split(names)
		if err != nil {
			return nil, nil, "", err
		}
		return rest, out, fmt.Sprintf("%d of %d volumes, %q", len(names), n, names), nil
	}
	s := shares{of: d}
	var rest, out Cases
	for i := range d.Len() {
		c, err := d.Case(i)
		if err != nil {
			return nil, nil, "", err
		}
		from, to := c.share(i)
		part := c.part(from, to)
		if err := NewSampler(Cases{part}, r, 32).usable(part); err != nil {
			return d, nil, "", nil
		}
		rest, out = append(rest, part), append(out, c.scoredBeyond(from, to))
	}
	s.train = rest
	return s, out, "a third of the range of every volume, and the slices beyond it", nil
}

// share returns the slices [from,to) of volume i to train on: up to two thirds of its objects' range. It keeps the
// end with fewer empty slices for training, because empty slices at the other end show whether tracking stops there;
// if both ends have enough, it alternates with i.
func (c *Case) share(i int) (from, to int) {
	first, last := c.Len(), -1
	for z := range c.Len() {
		if len(c.Visible(z)) > 0 {
			first, last = min(first, z), z
		}
	}
	const enough = 2 // empty slices that an end needs for validation
	before, after := first, c.Len()-1-last
	upwards := after > before
	if before >= enough && after >= enough {
		upwards = i%2 == 0
	}
	length := int(trainedPart * float64(last+1-first))
	if upwards {
		return 0, first + length
	}
	return last + 1 - length, c.Len()
}

// part returns the slices [from,to) of a case.
func (c *Case) part(from, to int) *Case {
	out := &Case{Name: c.Name, H: c.H, W: c.W, Images: c.Images[from:to], Labels: c.Labels[from:to], Objects: c.Objects,
		Legend: c.Legend, Spacing: c.Spacing, window: c.window, nominal: c.nominal}
	if c.intensity != nil {
		out.intensity = func(i int) []float32 { return c.intensity(from + i) }
	}
	return out
}

// scoredBeyond returns a copy of the case in which only slices outside [from,to) count in validation.
func (c *Case) scoredBeyond(from, to int) *Case {
	out := c.part(0, c.Len())
	out.scored = make([]bool, c.Len())
	for z := range out.scored {
		out.scored[z] = z < from || z >= to
	}
	return out
}

// shares are the training parts of a dataset's volumes.
type shares struct {
	of    *Dataset
	train Cases
}

// Len implements Source.
func (s shares) Len() int { return s.train.Len() }

// Case implements Source.
func (s shares) Case(i int) (*Case, error) { return s.train.Case(i) }

// Weight implements Weighted.
func (s shares) Weight(i int) float64 { return s.of.Weight(i) }

// fingerprint distinguishes the shares from the whole dataset.
func (s shares) fingerprint() string {
	text := "shares " + s.of.fingerprint()
	for _, c := range s.train {
		text += fmt.Sprintln(c.Len())
	}
	return text
}

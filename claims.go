package slmsam

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// claimLimit bounds the logit with which an object claims a pixel. Another object gives the pixel up if that logit exceeds
// its own by claimLead (docs/nano.md).
const claimLimit, claimLead = 10, 1

// competing reports whether objects are tracked together and may claim pixels from each other. In the official order a
// tracker goes forward before it goes back, so that objects cannot be visited nearest first.
func (o *outcome) competing() bool {
	return len(o.parts) > 1 && o.parts[0].model.Config.PriorAlone && o.request.Order != Official
}

// nearestFirst runs all parts together, ordered by each slice's distance from its own object's outline. An object that
// reaches a slice later is less certain there, and sees what the others have claimed.
func (o *outcome) nearestFirst(ctx context.Context) error {
	type step struct {
		*propagation
		visit
	}
	var steps []step
	for _, part := range o.parts {
		defer part.close()
		if err := part.begin(ctx, o); err != nil {
			return err
		}
		for _, v := range part.visits {
			steps = append(steps, step{part, v})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return cmp.Compare(a.legs[0].distance(a.slice), b.legs[0].distance(b.slice))
	})
	for _, s := range steps {
		if err := s.propagation.visit(ctx, s.visit, o); err != nil {
			return err
		}
	}
	return nil
}

// claims returns the logits with which objects other than this one hold the pixels of a slice so far, [side,side] at the
// prior's size; 0 where none does. What the annotator drew counts most.
func (p *propagation) claims(out *outcome, object, slice int) []float32 {
	_, w := out.request.Slices.Size()
	claims := volume.Cut(out.merger.claims(slice, object), w, p.crop)
	for i, c := range claims {
		claims[i] = min(c, claimLimit)
	}
	h, w := p.slices.Size()
	side := p.model.Config.PriorSide()
	return volume.ResizeBilinear(claims, h, w, side, side)
}

// yield removes the pixels that others claim more strongly from a mask of logits [s,s], of which a part counts.
func yield(low []float32, part float32, claims []float32) {
	for i, claim := range claims {
		if claim > max(low[i]*part, 0)+claimLead {
			low[i] = min(low[i], -claim)
		}
	}
}

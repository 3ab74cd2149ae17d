package click

// Spot is a pixel.
type Spot struct{ Y, X int }

// Clicks are what an annotator says about single pixels.
type Clicks struct {
	On  []Spot // the object
	Off []Spot // anything else
}

// Segment returns the mask [h,w] of the object that clicks.On are on, of which there must be at least one. values [h,w] are the
// slice's intensities, in any unit. Only pixels of within [h,w] belong to the object; nil allows all.
func Segment(values []float32, h, w int, clicks Clicks, within []bool) []bool {
	p := newPlane(values, h, w, clicks.On)
	cost := p.costs(clicks.On)
	if len(clicks.Off) > 0 {
		for i, c := range p.costs(clicks.Off) {
			if c <= cost[i] {
				cost[i] = unreachable
			}
		}
	}
	for i := range cost {
		if within != nil && !within[i] {
			cost[i] = unreachable
		}
	}
	for _, s := range clicks.On {
		cost[s.Y*w+s.X] = 0
	}
	return p.bestRegion(cost, clicks.On)
}

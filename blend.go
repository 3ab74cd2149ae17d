package slmsam

import "slices"

// half identifies a group on a slice that is reached from both sides.
type half struct {
	*group
	slice int
}

// blendLimit bounds the logits of masks that are blended.
const blendLimit = 10

// heldInMemory is how many bytes of memory may hold the first findings on slices reached from both sides: 256 slices
// of one object at a resolution of 1024. The rest goes to a temporary file.
const heldInMemory = 64 << 20

// meet holds back what a leg found on a slice until the leg from the other side arrives, and then returns the blend
// of both. whole is false while the other half is missing.
func (o *outcome) meet(l *leg, slice int, found Found) (_ Found, whole bool, err error) {
	other := l.opposite(slice)
	if other == nil {
		return found, true, nil
	}
	key := half{l.group, slice}
	kept, err := o.halves.Take(key)
	if err != nil {
		return Found{}, false, err
	}
	if kept == nil {
		o.halves.Put(key, found.pack())
		return Found{}, false, nil
	}
	own, others := l.weight(slice), other.weight(slice)
	return found.blend(unpackFound(kept, len(found.Score)), own/(own+others)), true, nil
}

// pack encodes what blend needs: for each object, its score, 1 if it counts as present or 0 if not, and the
// logits of its mask.
func (f Found) pack() []float32 {
	out := make([]float32, 0, len(f.Low)*(2+len(f.Low[0])))
	for i, low := range f.Low {
		present := float32(0)
		if f.present[i] {
			present = 1
		}
		out = append(append(out, f.Score[i], present), low...)
	}
	return out
}

// unpackFound is the inverse of pack.
func unpackFound(data []float32, objects int) Found {
	var f Found
	for one := range slices.Chunk(data, len(data)/objects) {
		f.Score, f.present, f.Low = append(f.Score, one[0]), append(f.present, one[1] == 1), append(f.Low, one[2:])
	}
	return f
}

// weight is the weight of a leg's finding on a slice against that from the other side: the area of the leg's outline
// divided by the squared distance from it. A slice next to an outline is then decided almost entirely by that
// outline, and objects are better tracked from where they are large to where they are small (docs/loop.md).
func (l *leg) weight(slice int) float32 {
	d := l.distance(slice)
	return float32(l.area) / float32(d*d)
}

// opposite returns the leg of the same group that passes a slice in the other direction, or nil.
func (l *leg) opposite(slice int) *leg {
	for _, other := range l.legs {
		if other.reverse != l.reverse && other.passes(slice) && (other.from < slice) != (l.from < slice) {
			return other
		}
	}
	return nil
}

// blend combines two findings on the same slice, with weight share for f and the rest for other. If the object is
// absent in only one of them, the weighted score decides whether it is present; the mask is then taken from the
// finding that agrees with that.
func (f Found) blend(other Found, share float32) Found {
	out := Found{Score: make([]float32, len(f.Score)), agree: make([]float64, len(f.Score))}
	for i := range f.Score {
		out.Score[i] = share*f.Score[i] + (1-share)*other.Score[i]
		out.agree[i] = overlap(f.Low[i], other.Low[i])
		a, b := f.present[i], other.present[i]
		switch {
		case a && b:
			out.Low = append(out.Low, weighted(f.Low[i], other.Low[i], share))
		case a && out.Score[i] > 0:
			out.Low = append(out.Low, f.Low[i])
		case b && out.Score[i] > 0:
			out.Low = append(out.Low, other.Low[i])
		case a:
			out.Low = append(out.Low, other.Low[i])
		default:
			out.Low = append(out.Low, f.Low[i])
		}
		out.present = append(out.present, a && b || out.Score[i] > 0)
	}
	return out
}

// weighted is the weighted sum of two masks' logits, each bounded by blendLimit.
func weighted(a, b []float32, share float32) []float32 {
	out := make([]float32, len(a))
	for i := range a {
		x, y := min(max(a[i], -blendLimit), blendLimit), min(max(b[i], -blendLimit), blendLimit)
		out[i] = share*x + (1-share)*y
	}
	return out
}

// overlap is the Dice coefficient of two masks; 1 if both are empty.
func overlap(a, b []float32) float64 {
	both, sum := 0, 0
	for i := range a {
		x, y := a[i] > 0, b[i] > 0
		if x && y {
			both++
		}
		if x {
			sum++
		}
		if y {
			sum++
		}
	}
	if sum == 0 {
		return 1
	}
	return 2 * float64(both) / float64(sum)
}

// agreement is the Dice coefficient of the masks of object i found from both sides of a slice; -1 if it was reached
// from one side only.
func (f Found) agreement(i int) float64 {
	if f.agree == nil {
		return -1
	}
	return f.agree[i]
}

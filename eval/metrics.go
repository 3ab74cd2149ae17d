package eval

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Options says how one label of one case is measured.
type Options struct {
	// Axis is the array axis (0, 1, 2) along which slices are counted.
	Axis int
	// ToleranceMM is the largest distance at which surface voxels still agree, for the surface Dice. At 0 they must coincide.
	ToleranceMM float64
	// Replace and Exclude, if not nil, have one entry per slice along Axis. On a replaced slice the prediction is taken to
	// be the truth. Voxels and surface voxels on an excluded slice are not counted; the masks are not cut there, so that
	// distances from other slices are still measured to the complete surface.
	Replace, Exclude []bool
}

// Scores measures one label of a prediction against the truth. Undefined values are NaN.
type Scores struct {
	DSC         float64
	ASSDmm      float64 // mean distance of all surface voxels of both masks to the other surface
	ASSDVoxels  float64 // the same on a grid of unit spacing
	HD95mm      float64 // 95th percentile of those distances, both directions pooled
	SurfaceDice float64 // fraction of those distances that are within the tolerance

	TruthML, PredictionML float64 // volumes
	VolumeDiffML          float64 // prediction minus truth
	VolumeDiffRelative    float64 // the same over truth

	SurfaceTruth, SurfacePrediction int        // surface voxels
	DistanceSumsMM                  [2]float64 // of the prediction's surface to the truth's, and back
	Slices                          SliceScores
}

// Score measures one label; both maps must be valid and share a grid. To measure several labels of one pair, a Scorer
// saves passes over the volumes.
func Score(truth, prediction *volume.LabelMap, label int32, o Options) (Scores, error) {
	s, err := NewScorer(truth, prediction, volume.GridOptions{Axis: -1})
	if err != nil {
		return Scores{}, err
	}
	return s.Score(label, o)
}

// Scorer measures the labels of one pair of maps, one after the other. It is not safe for concurrent use; each call to
// Score uses all processors by itself.
type Scorer struct {
	Notes []string // what was done to bring the prediction onto the truth's grid, if anything

	truth, prediction               *volume.LabelMap
	truthRegions, predictionRegions map[int32]volume.Region
	overlay                         overlay
	transform                       distanceTransform
}

// NewScorer checks both maps, brings the prediction onto the truth's grid, and finds the bounding box of every label.
func NewScorer(truth, prediction *volume.LabelMap, opt volume.GridOptions) (*Scorer, error) {
	if err := checkScorable(truth); err != nil {
		return nil, fmt.Errorf("truth: %w", err)
	}
	if err := checkScorable(prediction); err != nil {
		return nil, fmt.Errorf("prediction: %w", err)
	}
	prediction, notes, err := volume.OntoGrid(truth, prediction, opt)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	return &Scorer{
		Notes: notes, truth: truth, prediction: prediction,
		truthRegions: truth.Regions(), predictionRegions: prediction.Regions(),
	}, nil
}

// TruthLabels and PredictionLabels return the labels that occur, ascending, without background.
func (s *Scorer) TruthLabels() []int32      { return slices.Sorted(maps.Keys(s.truthRegions)) }
func (s *Scorer) PredictionLabels() []int32 { return slices.Sorted(maps.Keys(s.predictionRegions)) }

// presentSlices lists the slices along axis in which the truth holds the label.
func (s *Scorer) presentSlices(label int32, axis int) []int {
	r, ok := s.truthRegions[label]
	if !ok {
		return nil
	}
	return s.truth.SlicesWith(label, axis, r.Bounds)
}

// Score measures one label, which may be absent from either map or both.
func (s *Scorer) Score(label int32, o Options) (Scores, error) {
	if label <= 0 {
		return Scores{}, fmt.Errorf("eval: label %d cannot be scored; labels are positive", label)
	}
	if err := o.check(s.truth.Dim); err != nil {
		return Scores{}, err
	}
	bounds := volume.EmptyBox(s.truth.Dim)
	if r, ok := s.truthRegions[label]; ok {
		bounds = bounds.Union(r.Bounds)
	}
	if r, ok := s.predictionRegions[label]; ok {
		bounds = bounds.Union(r.Bounds)
	}
	if bounds.Empty() {
		return absentScores(s.truth.Dim[o.Axis], o.Exclude), nil
	}
	s.overlay.fill(s.truth, s.prediction, label, bounds, o.Axis, o.Replace)
	tally := s.overlay.slices[o.Axis]
	out := overlapScores(tally, o.Exclude, voxelML(s.truth.Grid().Spacing))
	s.measureSurfaces(&out, o)
	return out, nil
}

// check validates the options against the dimensions of the volume.
func (o Options) check(dim [3]int) error {
	if o.Axis < 0 || o.Axis > 2 {
		return fmt.Errorf("eval: axis %d does not exist; use 0, 1 or 2", o.Axis)
	}
	if !(o.ToleranceMM >= 0) || math.IsInf(o.ToleranceMM, 0) {
		return fmt.Errorf("eval: surface Dice tolerance of %g mm; it must be 0 or a positive number", o.ToleranceMM)
	}
	for _, marks := range [][]bool{o.Replace, o.Exclude} {
		if marks != nil && len(marks) != dim[o.Axis] {
			return fmt.Errorf("eval: %d slice marks for %d slices along axis %d", len(marks), dim[o.Axis], o.Axis)
		}
	}
	if o.Exclude != nil && !slices.Contains(o.Exclude, false) {
		return errors.New("eval: every slice is excluded, nothing is left to score")
	}
	return nil
}

func voxelML(spacing [3]float64) float64 { return spacing[0] * spacing[1] * spacing[2] / 1000 }

// absentScores returns the scores of a label that neither map holds.
func absentScores(slices int, exclude []bool) Scores {
	return overlapScores(newTallies(slices), exclude, 0)
}

// overlapScores computes what follows from voxel counts (t per slice, ml per voxel). The surface measures get their values for
// empty masks; measureSurfaces replaces them if neither mask is empty.
func overlapScores(t tallies, exclude []bool, ml float64) Scores {
	var truth, prediction, both int
	for i := range t.truth {
		if exclude == nil || !exclude[i] {
			truth, prediction, both = truth+t.truth[i], prediction+t.prediction[i], both+t.both[i]
		}
	}
	s := Scores{
		DSC:     dice(truth, prediction, both),
		TruthML: float64(truth) * ml, PredictionML: float64(prediction) * ml,
		VolumeDiffML:       float64(prediction-truth) * ml,
		VolumeDiffRelative: float64(prediction-truth) / float64(truth),
		Slices:             sliceScores(t, exclude),
	}
	switch {
	case truth == 0 && prediction == 0:
		s.SurfaceDice, s.VolumeDiffRelative = 1, 0
	case truth == 0:
		s.VolumeDiffRelative = math.NaN()
		fallthrough
	case prediction == 0:
		s.ASSDmm, s.ASSDVoxels, s.HD95mm = math.NaN(), math.NaN(), math.NaN()
	}
	return s
}

// dice is 2|A and B| / (|A| + |B|), and 1 for two empty masks.
func dice(a, b, both int) float64 {
	if a+b == 0 {
		return 1
	}
	return 2 * float64(both) / float64(a+b)
}

// measureSurfaces computes the surface measures, unless a mask is empty on the slices that count.
func (s *Scorer) measureSurfaces(out *Scores, o Options) {
	truth, prediction := s.overlay.surface(inTruth), s.overlay.surface(inPrediction)
	truthCounted := s.overlay.countedOnly(truth, o.Axis, o.Exclude)
	predictionCounted := s.overlay.countedOnly(prediction, o.Axis, o.Exclude)
	out.SurfaceTruth, out.SurfacePrediction = len(truthCounted), len(predictionCounted)
	if len(truthCounted) == 0 || len(predictionCounted) == 0 {
		return
	}
	measure := func(spacing [3]float64) (there, back []float64) {
		return s.overlay.distances(&s.transform, spacing, truth, onTruth, predictionCounted),
			s.overlay.distances(&s.transform, spacing, prediction, onPrediction, truthCounted)
	}
	spacing := s.truth.Grid().Spacing
	there, back := measure(spacing)
	n := float64(len(there) + len(back))
	out.DistanceSumsMM = [2]float64{sum(there), sum(back)}
	out.ASSDmm = (out.DistanceSumsMM[0] + out.DistanceSumsMM[1]) / n
	pooled := append(there, back...)
	out.SurfaceDice = float64(countWithin(pooled, o.ToleranceMM)) / n
	slices.Sort(pooled)
	out.HD95mm = percentile(pooled, 0.95)
	if spacing[0] == spacing[1] && spacing[1] == spacing[2] {
		out.ASSDVoxels = out.ASSDmm / spacing[0]
		return
	}
	there, back = measure([3]float64{1, 1, 1})
	out.ASSDVoxels = (sum(there) + sum(back)) / n
}

func sum(v []float64) (total float64) {
	for _, x := range v {
		total += x
	}
	return total
}

// toleranceSlack keeps a distance of exactly the tolerance, such as three voxels of 0.1 mm at 0.3 mm, within it.
const toleranceSlack = 1e-9

func countWithin(v []float64, limit float64) (n int) {
	for _, x := range v {
		if x <= limit+toleranceSlack {
			n++
		}
	}
	return n
}

// percentile returns the q-quantile (0..1) of ascending values with linear interpolation (NumPy's default); NaN if there
// are none.
func percentile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

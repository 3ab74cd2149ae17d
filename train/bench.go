package train

import (
	"context"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/cputime"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Speed is the result of Bench.
type Speed struct {
	SecondsPerStep  float64   `json:"seconds_per_step"` // median
	Seconds         []float64 `json:"seconds"`
	ClipsPerStep    int       `json:"clips_per_step"`
	ClipsPerSecond  float64   `json:"clips_per_second"`
	GFLOPPerStep    float64   `json:"gflop_per_step"` // mean: clips have different numbers of objects
	GFLOPPerSecond  float64   `json:"gflop_per_second"`
	CoresBusy       float64   `json:"cores_busy,omitempty"` // CPU time divided by wall time; 0 if the system does not report CPU time
	PeakMemoryBytes int64     `json:"peak_memory_bytes"`
}

// Bench times optimizer steps. A warm-up step runs first and is not counted, unless only one step is requested.
// Nothing is written to disk.
func Bench(ctx context.Context, g *nn.Graph, m *slmsam.Model, source Source, r Recipe, steps int) (Speed, error) {
	t, err := newTrainer(g.Device(), g, m, Setup{Recipe: r, Train: source})
	if err != nil {
		return Speed{}, err
	}
	t.began = time.Now()
	clips := newPrefetch(ctx, t.sampler, 0, t.ahead())
	defer clips.close()
	defer t.dismiss()
	s := Speed{ClipsPerStep: r.Batch}
	flop, seconds, busy, began := 0.0, 0.0, 0.0, time.Now()
	warm := min(1, steps-1)
	for i := range steps + warm {
		if i == warm {
			t.resetPeak()
			busy, began = cputime.Seconds(), time.Now()
		}
		metrics, err := t.step(ctx, clips)
		if err != nil {
			return s, err
		}
		t.state.Step++
		done := t.flop()
		if i >= warm {
			s.Seconds = append(s.Seconds, metrics.Seconds)
			flop, seconds = flop+done, seconds+metrics.Seconds
		}
	}
	if busy > 0 {
		s.CoresBusy = (cputime.Seconds() - busy) / time.Since(began).Seconds()
	}
	sorted := slices.Sorted(slices.Values(s.Seconds))
	s.SecondsPerStep = sorted[len(sorted)/2]
	s.ClipsPerSecond = float64(r.Batch*steps) / seconds
	s.GFLOPPerStep, s.GFLOPPerSecond = flop/1e9/float64(steps), flop/1e9/seconds
	s.PeakMemoryBytes = t.peak()
	return s, nil
}

// CheckData reads every volume of the datasets once and reports the first one that cannot be used. Sources that
// generate volumes are skipped.
func CheckData(train, held Source, r Recipe) error {
	own := unmixed(train)
	for _, s := range []Source{own, held} {
		d, ok := s.(*Dataset)
		if !ok || d == nil {
			continue
		}
		for i := range d.Len() {
			c, err := d.Case(i)
			if err != nil {
				return err
			}
			if s == own {
				if err := NewSampler(Cases{c}, r, 32).usable(c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// graphs returns the trainer's graph and those of its team.
func (t *Trainer) graphs() []*nn.Graph {
	all := []*nn.Graph{t.g}
	for _, w := range t.team {
		all = append(all, w.g)
	}
	return all
}

// flop returns the operations since the last call.
func (t *Trainer) flop() (sum float64) {
	for _, g := range t.graphs() {
		sum += g.FLOP
		g.FLOP = 0
	}
	return sum
}

func (t *Trainer) resetPeak() {
	for _, g := range t.graphs() {
		g.Device().ResetPeak()
	}
}

func (t *Trainer) peak() (sum int64) {
	for _, g := range t.graphs() {
		sum += g.Device().Memory().Peak
	}
	return sum
}

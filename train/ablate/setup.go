package ablate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
)

// Setup says what to compare, on which data, and for how long. Data, Dir, Open, Start, and Recipe are required.
type Setup struct {
	Data   *train.Dataset
	Dir    string                         // the ablation's folder; created if needed
	Open   func() (backend.Device, error) // opens a device for one run, which closes it
	Start  train.StartOptions
	Starts map[slmsam.Memory]string // start weights of settings that use their own instead of Start.Init
	Recipe train.Recipe             // for every fine-tuning: its steps, epochs, or time are the budget. Each run sets its memory

	Memories []slmsam.Memory // nil: Memories
	Volumes  []int           // protocols by number of training volumes, 0 for no fine-tuning. nil: Protocols
	Train    []string        // names of training volumes; smaller protocols take the first ones. nil: drawn with the recipe's seed
	Test     []string        // names of test volumes. nil: all that are not for training, or MaxTest of them, drawn with the seed
	MaxTest  int             // most test volumes; 0: no limit

	Names     map[int32]string // names of labels
	Prompt    eval.PromptMode  // empty: keep
	Scope     eval.Scope       // empty: all
	Resamples int              // 0: eval.DefaultResamples

	Progress func(Progress) // may be nil
}

// Progress is passed to Setup.Progress.
type Progress struct {
	Run, Runs   int    // counted from 1
	Name        string // "5 volumes, M7+R1"
	Phase       string // "fine-tuning", "propagation of CASE", "done", "done before"
	Part        float64
	TrainingDSC float64 // soft overlap of the last training clip; 0: not measured
}

// Memories returns the paper's five settings, SAM 2's first.
func Memories() []slmsam.Memory {
	return []slmsam.Memory{{Long: 7}, {Short: 7}, {Short: 1}, {Long: 7, Short: 7}, slmsam.ShortLong}
}

// Protocols returns the paper's numbers of training volumes, preceded by 0 for no fine-tuning.
func Protocols() []int { return []int{0, 5, 1} }

// ProtocolName is a protocol's name for display.
func ProtocolName(volumes int) string {
	switch volumes {
	case 0:
		return "no fine-tuning"
	case 1:
		return "1 volume"
	}
	return fmt.Sprint(volumes, " volumes")
}

// complete fills in defaults and rejects impossible settings.
func (s *Setup) complete() error {
	if s.Data == nil || s.Dir == "" || s.Open == nil {
		return errors.New("ablate: a dataset, a folder and a device must be given")
	}
	if s.Memories == nil {
		s.Memories = Memories()
	}
	if s.Volumes == nil {
		s.Volumes = Protocols()
	}
	if s.Progress == nil {
		s.Progress = func(Progress) {}
	}
	if len(s.Memories) == 0 || len(s.Volumes) == 0 {
		return errors.New("ablate: no memory setting, or no number of training volumes, is given")
	}
	if s.MaxTest < 0 {
		return fmt.Errorf("ablate: %d test volumes; want 0 (all) or more", s.MaxTest)
	}
	for i, n := range s.Volumes {
		if n < 0 || slices.Contains(s.Volumes[:i], n) {
			return fmt.Errorf("ablate: training volumes %v: want different numbers, 0 for no fine-tuning", s.Volumes)
		}
	}
	for i, m := range s.Memories {
		if slices.Contains(s.Memories[:i], m) {
			return fmt.Errorf("ablate: memory setting %v is given twice", m)
		}
	}
	for _, m := range s.Memories {
		if s.startOf(m).Init == "" {
			return fmt.Errorf("ablate: start weights must be given: there are none for %v", m)
		}
	}
	return s.Recipe.Validate()
}

// startOf is where the runs of a memory setting start.
func (s *Setup) startOf(m slmsam.Memory) train.StartOptions {
	o := s.Start
	if own := s.Starts[m]; own != "" {
		o.Init = own
	}
	o.Window = train.WindowOf(s.Data)
	return o
}

// split chooses training and test volumes. All protocols share the test volumes.
func (s *Setup) split() (training, test []string, err error) {
	names := s.Data.Names()
	need := slices.Max(s.Volumes)
	if s.Train != nil {
		training = s.Train
		if len(training) < need {
			return nil, nil, fmt.Errorf("ablate: %d training volumes are named, the protocol needs %d: name more, or choose smaller protocols", len(training), need)
		}
		for i, name := range training {
			if !slices.Contains(names, name) || slices.Contains(training[:i], name) {
				return nil, nil, fmt.Errorf("ablate: training volume %q is not in the dataset, or is named twice; it has %s", name, strings.Join(names, ", "))
			}
		}
	} else {
		if len(names) <= need {
			return nil, nil, fmt.Errorf("ablate: the dataset has %d volumes: training on %d leaves none to test; choose smaller protocols, such as 3,1", len(names), need)
		}
		training = shuffled(names, s.Recipe.Seed)[:need]
	}
	if s.Test != nil {
		return training, s.Test, s.checkTest(training)
	}
	for _, name := range names {
		if !slices.Contains(training, name) {
			test = append(test, name)
		}
	}
	if len(test) == 0 {
		return nil, nil, errors.New("ablate: every volume is used for training, none is left to test")
	}
	if s.MaxTest > 0 && len(test) > s.MaxTest {
		test = shuffled(test, s.Recipe.Seed)[:s.MaxTest]
		slices.Sort(test)
	}
	return training, test, nil
}

// checkTest returns an error for invalid test volumes.
func (s *Setup) checkTest(training []string) error {
	for i, name := range s.Test {
		if !slices.Contains(s.Data.Names(), name) || slices.Contains(training, name) || slices.Contains(s.Test[:i], name) {
			return fmt.Errorf("ablate: test volume %q is not in the dataset, is used for training, or is named twice", name)
		}
	}
	if len(s.Test) == 0 {
		return errors.New("ablate: no test volume is named")
	}
	return nil
}

// shuffled returns the names in an order that depends only on them and the seed.
func shuffled(names []string, seed uint64) []string {
	out := slices.Sorted(slices.Values(names))
	const stream = 0x61626c617465 // "ablate"
	rand.New(rand.NewPCG(seed, stream)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

package ablate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam/eval"
)

// AllTasks is the task name of the rows over all tasks, in which every test volume of every task counts once.
const AllTasks = "all"

// Table compares the memory settings over several tasks; its JSON form is stable.
type Table struct {
	Rows  []TaskRow `json:"rows"` // by task, then by protocol; those over all tasks last
	Files []string  `json:"files"`

	prompt eval.PromptMode
	budget string
}

// TaskRow is a protocol of a task: means over its test volumes. A volume's value is the mean over its labels and over
// seeds.
type TaskRow struct {
	Task    string   `json:"task"`
	Volumes int      `json:"volumes"` // training volumes; for AllTasks, an upper limit
	Seeds   []uint64 `json:"seeds"`
	Cases   int      `json:"cases"`
	Arms    []Arm    `json:"arms"` // in the setup's order
}

// Arm is a memory setting in a TaskRow. Slice counts are summed over volumes and labels and averaged over seeds.
type Arm struct {
	Memory               string        `json:"memory"`
	DSC                  eval.Interval `json:"dsc"`
	PresentDSC           eval.Interval `json:"present_dsc"`
	AbsentDSC            eval.Interval `json:"absent_dsc"`
	OverPropagatedSlices eval.Value    `json:"over_propagated_slices"`
	AbsentSlices         eval.Value    `json:"absent_slices"`
	MissedSlices         eval.Value    `json:"missed_slices"`
	PresentSlices        eval.Value    `json:"present_slices"`

	Differences []eval.Comparison `json:"differences,omitempty"` // from the first setting, by measure: DSC, present and absent slices
}

// measuresOfTasks are the measures compared: whole-volume DSC, and slice-wise DSC with and without the object.
var measuresOfTasks = []string{"dsc", "present_dsc", "absent_dsc"}

// counts are the slice counts that are summed.
var counts = map[string]func(eval.Row) int{
	"over-propagated": func(r eval.Row) int { return r.OverPropagatedSlices },
	"absent":          func(r eval.Row) int { return r.AbsentSlices },
	"missed":          func(r eval.Row) int { return r.MissedSlices },
	"present":         func(r eval.Row) int { return r.PresentSlices },
}

// sample is what a memory setting scored under a protocol.
type sample struct {
	values map[string]map[string][]float64 // by measure or count, and case: one value per seed so far
	seeds  []uint64
}

// add adds a seed's rows; prefix distinguishes the cases of different tasks.
func (s *sample) add(rows []eval.Row, method, prefix string, seed uint64) {
	if !slices.Contains(s.seeds, seed) {
		s.seeds = append(s.seeds, seed)
	}
	for _, measure := range measuresOfTasks {
		s.put(measure, prefix, eval.CaseMeans(rows, method, measure))
	}
	for name, of := range counts {
		sums := map[string]float64{}
		for _, r := range rows {
			if r.Method == method {
				sums[r.Case] += float64(of(r))
			}
		}
		s.put(name, prefix, sums)
	}
}

// put appends a value to each case.
func (s *sample) put(name, prefix string, byCase map[string]float64) {
	if s.values[name] == nil {
		s.values[name] = map[string][]float64{}
	}
	for c, v := range byCase {
		s.values[name][prefix+c] = append(s.values[name][prefix+c], v)
	}
}

// means is one value per case, averaged over seeds.
func (s *sample) means(measure string) map[string]float64 {
	out := map[string]float64{}
	for name, values := range s.values[measure] {
		for _, v := range values {
			out[name] += v / float64(len(values))
		}
	}
	return out
}

// sum is a count over all cases.
func (s *sample) sum(count string) (total eval.Value) {
	for _, v := range s.means(count) {
		total += eval.Value(v)
	}
	return total
}

// place is a sample's position in the table.
type place struct {
	task, volumes int
	memory        string
}

// table tabulates the finished ablations.
func (t *Tasks) table(all []finishedTask) *Table {
	samples := map[place]*sample{}
	into := func(at place) *sample {
		if samples[at] == nil {
			samples[at] = &sample{values: map[string]map[string][]float64{}}
		}
		return samples[at]
	}
	for _, d := range all {
		for _, scores := range d.result.Scores {
			protocol := slices.Index(d.sizes, scores.Volumes)
			for _, m := range t.Memories {
				method := m.String()
				into(place{d.task, scores.Volumes, method}).add(scores.Rows, method, "", d.seed)
				into(place{len(t.Of), t.Volumes[t.leastAsked(d, protocol)], method}).add(scores.Rows, method, t.Of[d.task].Name+"/", d.seed)
			}
		}
	}
	table := &Table{prompt: cmp.Or(t.Prompt, eval.PromptKeep), budget: all[0].result.Settings.budgetText()}
	for task := range len(t.Of) + 1 {
		if task == len(t.Of) && len(t.Of) == 1 {
			break
		}
		for _, volumes := range volumesOf(samples, task) {
			table.Rows = append(table.Rows, t.row(samples, task, volumes))
		}
	}
	return table
}

// leastAsked returns, among the protocols that train on the same number of a task's volumes as the given one, the one
// that asks for the fewest.
func (t *Tasks) leastAsked(d finishedTask, protocol int) int {
	best := protocol
	for i, n := range d.sizes {
		if n == d.sizes[protocol] && t.Volumes[i] < t.Volumes[best] {
			best = i
		}
	}
	return best
}

// volumesOf lists the numbers of training volumes in a task's rows.
func volumesOf(samples map[place]*sample, task int) []int {
	found := map[int]bool{}
	for at := range samples {
		if at.task == task {
			found[at.volumes] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// row tabulates a task, or all tasks, under one protocol.
func (t *Tasks) row(samples map[place]*sample, task, volumes int) TaskRow {
	row := TaskRow{Task: AllTasks, Volumes: volumes}
	if task < len(t.Of) {
		row.Task = t.Of[task].Name
	}
	resamples := t.Resamples
	if resamples == 0 {
		resamples = eval.DefaultResamples
	}
	first := samples[place{task, volumes, t.Memories[0].String()}]
	row.Seeds, row.Cases = first.seeds, len(first.values["dsc"])
	for _, m := range t.Memories {
		s := samples[place{task, volumes, m.String()}]
		interval := func(measure string) eval.Interval {
			means := s.means(measure)
			var values []float64
			for _, name := range slices.Sorted(maps.Keys(means)) {
				values = append(values, means[name])
			}
			return eval.Bootstrap(values, resamples, t.Recipe.Seed, m.String()+"/"+measure)
		}
		arm := Arm{Memory: m.String(), DSC: interval("dsc"), PresentDSC: interval("present_dsc"), AbsentDSC: interval("absent_dsc"),
			OverPropagatedSlices: s.sum("over-propagated"), AbsentSlices: s.sum("absent"), MissedSlices: s.sum("missed"), PresentSlices: s.sum("present")}
		for _, measure := range measuresOfTasks {
			if s != first {
				c := eval.Compare(s.means(measure), first.means(measure), resamples, t.Recipe.Seed, m.String()+"/"+measure)
				c.Measure, c.First, c.Second = measure, m.String(), t.Memories[0].String()
				arm.Differences = append(arm.Differences, c)
			}
		}
		row.Arms = append(row.Arms, arm)
	}
	return row
}

package eval

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// AllLabels is the label of summaries and comparisons over every label: each case counts once, with the mean over its
// labels.
const AllLabels int32 = 0

// Summary is one method on one label over all cases.
type Summary struct {
	Label     int32  `json:"label"` // AllLabels for the mean over labels
	LabelName string `json:"label_name,omitempty"`
	Method    string `json:"method"`
	Cases     int    `json:"cases"`     // scored
	Missing   int    `json:"missing"`   // cases whose truth holds the label, but which have no score: see the exclusions
	Undefined int    `json:"undefined"` // scored cases (for AllLabels: cases and labels) that have no ASSD and HD95 because one mask is empty

	DSC         Interval `json:"dsc"`
	ASSDmm      Interval `json:"assd_mm"`
	ASSDVoxels  Interval `json:"assd_voxels"`
	HD95mm      Interval `json:"hd95_mm"`
	SurfaceDice Interval `json:"surface_dice"`
	PresentDSC  Interval `json:"present_dsc"`
	AbsentDSC   Interval `json:"absent_dsc"`

	OverPropagatedSlices int `json:"over_propagated_slices"` // sums over cases
	AbsentSlices         int `json:"absent_slices"`
	MissedSlices         int `json:"missed_slices"`
	PresentSlices        int `json:"present_slices"`
}

// Comparison is one measure of two methods on the cases that both have.
type Comparison struct {
	Label      int32    `json:"label"`
	LabelName  string   `json:"label_name,omitempty"`
	Measure    string   `json:"measure"`
	First      string   `json:"first"`
	Second     string   `json:"second"`
	Cases      int      `json:"cases"`
	Difference Interval `json:"difference"` // first minus second
	PValue     Value    `json:"p_value"`    // Wilcoxon signed-rank, two-sided, not corrected for multiple comparisons
}

// summaryLabels lists the labels of rows, ascending, led by AllLabels if there are several.
func summaryLabels(rows []Row) []int32 {
	seen := map[int32]bool{}
	for _, r := range rows {
		seen[r.Label] = true
	}
	labels := slices.Sorted(maps.Keys(seen))
	if len(labels) > 1 {
		labels = append([]int32{AllLabels}, labels...)
	}
	return labels
}

// nameOf returns the name of a label in summaries and comparisons; "" if it has none.
func (s *Study) nameOf(label int32) string {
	if label == AllLabels {
		return "all labels"
	}
	return s.Names[label]
}

// summarize returns a summary for every label and method; holders lists, for each label, the cases whose truth holds it.
func summarize(rows []Row, s *Study, holders map[int32][]string) []Summary {
	var out []Summary
	for _, label := range summaryLabels(rows) {
		for _, m := range s.Methods {
			out = append(out, s.summary(rows, label, m.Name, holders))
		}
	}
	return out
}

// summary summarizes the rows of one method and label. holders lists, for each label, the cases whose truth holds it.
func (s *Study) summary(rows []Row, label int32, method string, holders map[int32][]string) Summary {
	out := Summary{Label: label, LabelName: s.nameOf(label), Method: method}
	scored := map[string]bool{}
	rowOf := map[int32]map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if r.Method != method || label != AllLabels && r.Label != label {
			continue
		}
		scored[r.Case] = true
		if rowOf[r.Label] == nil {
			rowOf[r.Label] = map[string]bool{}
		}
		rowOf[r.Label][r.Case] = true
		if !r.ASSDmm.Defined() {
			out.Undefined++
		}
		out.OverPropagatedSlices += r.OverPropagatedSlices
		out.AbsentSlices += r.AbsentSlices
		out.MissedSlices += r.MissedSlices
		out.PresentSlices += r.PresentSlices
	}
	out.Cases = len(scored)
	out.Missing = s.missing(label, holders, rowOf)
	target := map[string]*Interval{
		"dsc": &out.DSC, "assd_mm": &out.ASSDmm, "assd_voxels": &out.ASSDVoxels, "hd95_mm": &out.HD95mm,
		"surface_dice": &out.SurfaceDice, "present_dsc": &out.PresentDSC, "absent_dsc": &out.AbsentDSC,
	}
	for _, m := range measures() {
		if interval, ok := target[m.name]; ok {
			values := valuesByName(perCase(rows, label, method, m, nil))
			*interval = Bootstrap(values, s.Resamples, s.Seed, fmt.Sprint(label, "/", method, "/", m.name))
		}
	}
	return out
}

// missing counts the cases (for AllLabels: pairs of a case and a label) that have the label in the truth but no row of the
// method. rowOf holds the cases with a row by label.
func (s *Study) missing(label int32, holders map[int32][]string, rowOf map[int32]map[string]bool) (n int) {
	for held, cases := range holders {
		if label != AllLabels && held != label || len(s.Labels) > 0 && !slices.Contains(s.Labels, held) {
			continue
		}
		for _, name := range cases {
			if !rowOf[held][name] {
				n++
			}
		}
	}
	return n
}

// caseLabel identifies one row of a method.
type caseLabel struct {
	name  string
	label int32
}

// perCase returns one defined value per case: the label's, or for AllLabels the mean over the case's defined labels. If
// only is not nil, other rows do not count.
func perCase(rows []Row, label int32, method string, m measure, only map[caseLabel]bool) map[string]float64 {
	total, count := map[string]float64{}, map[string]float64{}
	for i := range rows {
		r := &rows[i]
		if r.Method != method || label != AllLabels && r.Label != label || only != nil && !only[caseLabel{r.Case, r.Label}] {
			continue
		}
		if v := m.of(r); v.Defined() {
			total[r.Case] += float64(v)
			count[r.Case]++
		}
	}
	for name := range total {
		total[name] /= count[name]
	}
	return total
}

// valuesByName returns the values of a map in the order of its keys, so that results do not depend on the order of the map.
func valuesByName(byName map[string]float64) []float64 {
	values := make([]float64, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		values = append(values, byName[name])
	}
	return values
}

// CaseMeans returns one value per case of a measure by its name in JSON ("dsc", "present_dsc", ...): the mean over those of
// the case's labels that it is defined for. It panics at a name that no measure has.
func CaseMeans(rows []Row, method, name string) map[string]float64 {
	all := measures()
	i := slices.IndexFunc(all, func(m measure) bool { return m.name == name })
	if i < 0 {
		panic(fmt.Sprintf("eval.CaseMeans: no measure %q", name))
	}
	return perCase(rows, AllLabels, method, all[i], nil)
}

// pairedMeans returns perCase of two methods, restricted to the rows in which the measure is defined for both.
func pairedMeans(rows []Row, label int32, first, second string, m measure) (a, b map[string]float64) {
	methods := map[caseLabel]int{}
	for i := range rows {
		r := &rows[i]
		if (r.Method == first || r.Method == second) && m.of(r).Defined() {
			methods[caseLabel{r.Case, r.Label}]++
		}
	}
	both := map[caseLabel]bool{}
	for key, n := range methods {
		both[key] = n == 2
	}
	return perCase(rows, label, first, m, both), perCase(rows, label, second, m, both)
}

// compare compares every pair of methods in DSC and in ASSD.
func compare(rows []Row, s *Study) (out []Comparison) {
	for _, label := range summaryLabels(rows) {
		for i, first := range s.Methods {
			for _, second := range s.Methods[i+1:] {
				for _, m := range measures()[:2] {
					a, b := pairedMeans(rows, label, first.Name, second.Name, m)
					c := Compare(a, b, s.Resamples, s.Seed, fmt.Sprint(label, "/", first.Name, "-", second.Name, "/", m.name))
					c.Label, c.LabelName, c.Measure, c.First, c.Second = label, s.nameOf(label), m.name, first.Name, second.Name
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// Compare pairs two methods' values by case name; cases that only one has, or that are NaN in one, do not count. The
// interval is a bootstrap over cases of the difference first minus second.
func Compare(first, second map[string]float64, resamples int, seed uint64, stream string) Comparison {
	var differences []float64
	for _, name := range slices.Sorted(maps.Keys(first)) {
		if b, ok := second[name]; ok && !math.IsNaN(first[name]) && !math.IsNaN(b) {
			differences = append(differences, first[name]-b)
		}
	}
	return Comparison{
		Cases:      len(differences),
		Difference: Bootstrap(differences, resamples, seed, stream),
		PValue:     Value(Wilcoxon(differences)),
	}
}

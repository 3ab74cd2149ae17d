package eval

// Result is everything that Evaluate found; its JSON form is stable.
type Result struct {
	Settings    Settings         `json:"settings"`
	Rows        []Row            `json:"rows"` // by case, label, and method in the order of the study
	Summary     []Summary        `json:"summary"`
	Comparisons []Comparison     `json:"comparisons"`
	Excluded    []Exclusion      `json:"excluded"`
	Ignored     []string         `json:"ignored_files"` // files in the folders that are not label maps
	Notes       []string         `json:"notes"`         // what had to be interpreted, such as a map in another orientation
	LabelNames  map[int32]string `json:"label_names,omitempty"`
}

// Settings records how the numbers were computed.
type Settings struct {
	Truth       string     `json:"truth"`
	Methods     []Method   `json:"methods"`
	Axis        string     `json:"axis"`
	ToleranceMM float64    `json:"tolerance_mm"`
	Prompt      PromptMode `json:"prompt_slices"`
	Scope       Scope      `json:"scope"`
	Resamples   int        `json:"resamples"`
	Seed        uint64     `json:"seed"`
}

// Row scores one label of one case as one method predicted it. The fields are explained at Scores.
type Row struct {
	Case      string `json:"case"`
	Label     int32  `json:"label"`
	LabelName string `json:"label_name,omitempty"`
	Method    string `json:"method"`

	DSC                Value `json:"dsc"`
	ASSDmm             Value `json:"assd_mm"`
	ASSDVoxels         Value `json:"assd_voxels"`
	HD95mm             Value `json:"hd95_mm"`
	SurfaceDice        Value `json:"surface_dice"`
	TruthML            Value `json:"truth_ml"`
	PredictionML       Value `json:"prediction_ml"`
	VolumeDiffML       Value `json:"volume_diff_ml"`
	VolumeDiffRelative Value `json:"volume_diff_relative"`

	PresentDSC           Value `json:"present_dsc"`
	AbsentDSC            Value `json:"absent_dsc"`
	PresentSlices        int   `json:"present_slices"`
	AbsentSlices         int   `json:"absent_slices"`
	OverPropagatedSlices int   `json:"over_propagated_slices"`
	MissedSlices         int   `json:"missed_slices"`

	Slices SliceCurve `json:"slices"`
}

// SliceCurve holds one value per slice of the volume along Axis.
type SliceCurve struct {
	Axis       int     `json:"axis"`
	DSC        []Value `json:"dsc"` // null on excluded slices
	Truth      []int   `json:"truth_voxels"`
	Prediction []int   `json:"prediction_voxels"`
}

func newRow(name string, label int32, method string, axis int, s Scores) Row {
	curve := SliceCurve{Axis: axis, Truth: s.Slices.Truth, Prediction: s.Slices.Prediction}
	for _, d := range s.Slices.DSC {
		curve.DSC = append(curve.DSC, Value(d))
	}
	return Row{
		Case: name, Label: label, Method: method,
		DSC: Value(s.DSC), ASSDmm: Value(s.ASSDmm), ASSDVoxels: Value(s.ASSDVoxels), HD95mm: Value(s.HD95mm),
		SurfaceDice: Value(s.SurfaceDice), TruthML: Value(s.TruthML), PredictionML: Value(s.PredictionML),
		VolumeDiffML: Value(s.VolumeDiffML), VolumeDiffRelative: Value(s.VolumeDiffRelative),
		PresentDSC: Value(s.Slices.PresentDSC), AbsentDSC: Value(s.Slices.AbsentDSC),
		PresentSlices: s.Slices.Present, AbsentSlices: s.Slices.Absent,
		OverPropagatedSlices: s.Slices.OverPropagated, MissedSlices: s.Slices.Missed,
		Slices: curve,
	}
}

// bothEmpty returns the row of a method that, like the truth of r, does not hold the label: two empty masks agree.
func (r Row) bothEmpty(method string) Row {
	out := Row{
		Case: r.Case, Label: r.Label, Method: method, DSC: 1, SurfaceDice: 1,
		PresentDSC: r.PresentDSC, AbsentDSC: r.AbsentDSC, AbsentSlices: r.AbsentSlices,
		Slices: SliceCurve{Axis: r.Slices.Axis, Truth: r.Slices.Truth, Prediction: make([]int, len(r.Slices.Prediction))},
	}
	if r.AbsentDSC.Defined() {
		out.AbsentDSC = 1
	}
	for _, d := range r.Slices.DSC {
		if d.Defined() {
			d = 1
		}
		out.Slices.DSC = append(out.Slices.DSC, d)
	}
	return out
}

// measure is a column of the tables with numbers.
type measure struct {
	name     string // as in JSON and CSV
	title    string // as in tables and plots
	decimals int
	of       func(*Row) Value
}

// measures lists the columns in the order of the tables.
func measures() []measure {
	return []measure{
		{"dsc", "DSC", 4, func(r *Row) Value { return r.DSC }},
		{"assd_mm", "ASSD mm", 3, func(r *Row) Value { return r.ASSDmm }},
		{"assd_voxels", "ASSD vox", 3, func(r *Row) Value { return r.ASSDVoxels }},
		{"hd95_mm", "HD95 mm", 2, func(r *Row) Value { return r.HD95mm }},
		{"surface_dice", "Surf. Dice", 4, func(r *Row) Value { return r.SurfaceDice }},
		{"truth_ml", "Truth ml", 2, func(r *Row) Value { return r.TruthML }},
		{"prediction_ml", "Pred. ml", 2, func(r *Row) Value { return r.PredictionML }},
		{"volume_diff_ml", "Diff. ml", 2, func(r *Row) Value { return r.VolumeDiffML }},
		{"volume_diff_relative", "Rel. diff.", 3, func(r *Row) Value { return r.VolumeDiffRelative }},
		{"present_dsc", "DSC present", 4, func(r *Row) Value { return r.PresentDSC }},
		{"absent_dsc", "DSC absent", 4, func(r *Row) Value { return r.AbsentDSC }},
	}
}

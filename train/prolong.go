package train

import "fmt"

// Prolonged returns a run's recipe with a later end: more steps or a longer time, whichever limits the run. The
// learning-rate schedule stretches to the new end. 0 and "" leave the recipe unchanged.
func (r Recipe) Prolonged(steps int, limit string, volumes int) (Recipe, error) {
	switch {
	case steps > 0 && limit != "":
		return r, fmt.Errorf("train: resume: give steps or time, not both")
	case steps > 0:
		if r.Time != "" {
			return r, fmt.Errorf("train: resume: the run is limited by time, %s: extend it with a longer time, not with steps", r.Time)
		}
		if old := r.TotalSteps(volumes); steps < old {
			return r, fmt.Errorf("train: resume: %d steps are fewer than the run's %d: it can only be extended", steps, old)
		}
		r.Epochs, r.Steps = 0, steps
	case limit != "":
		if r.Time == "" {
			return r, fmt.Errorf("train: resume: the run is limited to %d steps: extend it with more steps, not with time", r.TotalSteps(volumes))
		}
		old, err := r.limit()
		if err != nil {
			return r, err
		}
		r.Time = limit
		longer, err := r.limit()
		if err != nil {
			return r, err
		}
		if longer < old {
			return r, fmt.Errorf("train: resume: %s is shorter than the run's %s: it can only be extended", limit, old)
		}
	}
	return r, r.Validate()
}

// prolong reopens a finished run whose recipe now extends beyond the end it reached.
func (t *Trainer) prolong() error {
	limit, err := t.Recipe.limit()
	if err != nil {
		return err
	}
	if limit > 0 && t.state.Elapsed < limit.Seconds() || limit == 0 && t.state.Step < t.total {
		t.state.Finished, t.state.Calibrated = false, false
	}
	return t.writeSettings()
}

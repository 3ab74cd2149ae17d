package batch

import (
	"fmt"
	"strconv"
)

// Part is one of several processes that share a dataset.
type Part struct{ ID, Of int } // from 0, below Of

// String writes a part as it is counted by people, "3/16".
func (p Part) String() string { return fmt.Sprintf("%d/%d", p.ID+1, p.Of) }

// PartFromEnvironment finds out which part a job scheduler wants done: from the variables of a Slurm array job, or from
// those of a Kubernetes Indexed Job, which must pass its completions as JOB_COMPLETIONS. source names the variables;
// it is empty where there are none, and the part is then the whole.
func PartFromEnvironment(getenv func(string) string) (p Part, source string, err error) {
	switch {
	case getenv("SLURM_ARRAY_TASK_ID") != "":
		p, err = slurmPart(getenv)
		return p, "SLURM_ARRAY_TASK_ID", err
	case getenv("JOB_COMPLETION_INDEX") != "":
		p.ID, err = number(getenv, "JOB_COMPLETION_INDEX")
		if err == nil && getenv("JOB_COMPLETIONS") == "" {
			return p, "", fmt.Errorf("JOB_COMPLETION_INDEX is set, but not the number of parts: set JOB_COMPLETIONS to the job's completions, or pass --num-parts and --part-id")
		}
		if err == nil {
			p.Of, err = number(getenv, "JOB_COMPLETIONS")
		}
		if err == nil {
			err = p.Check()
		}
		return p, "JOB_COMPLETION_INDEX", err
	}
	return Part{0, 1}, "", nil
}

// maxParts bounds the number of parts, and with it the memory of Share.
const maxParts = 1_000_000

// Check reports a part that does not exist.
func (p Part) Check() error {
	if p.Of > maxParts {
		return fmt.Errorf("%d parts; a dataset is split into at most %d", p.Of, maxParts)
	}
	if p.Of < 1 || p.ID < 0 || p.ID >= p.Of {
		return fmt.Errorf("part %d of %d does not exist: parts are counted from 0", p.ID, p.Of)
	}
	return nil
}

// slurmPart reads the place of a task in its array: --array=0-15, also from another first number or in steps.
func slurmPart(getenv func(string) string) (Part, error) {
	id, err := number(getenv, "SLURM_ARRAY_TASK_ID")
	if err != nil {
		return Part{}, err
	}
	count, err := number(getenv, "SLURM_ARRAY_TASK_COUNT")
	if err != nil {
		return Part{}, err
	}
	first, err := number(getenv, "SLURM_ARRAY_TASK_MIN")
	if err != nil {
		return Part{}, err
	}
	last, err := number(getenv, "SLURM_ARRAY_TASK_MAX")
	if err != nil {
		return Part{}, err
	}
	p, step := Part{0, count}, 1
	if count > 1 {
		step = max((last-first)/(count-1), 1)
		p.ID = (id - first) / step
	}
	if count < 1 || first+step*p.ID != id || first+step*(count-1) != last || p.Check() != nil {
		return p, fmt.Errorf("the Slurm array has %d tasks from %d to %d with gaps between them, so it does not say which part task %d is: pass --num-parts and --part-id", count, first, last, id)
	}
	return p, nil
}

func number(getenv func(string) string, name string) (int, error) {
	n, err := strconv.Atoi(getenv(name))
	if err != nil {
		return 0, fmt.Errorf("the environment's %s is %q, which is not a number", name, getenv(name))
	}
	return n, nil
}

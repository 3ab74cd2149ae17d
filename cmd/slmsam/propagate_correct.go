package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

// recordPath returns the path of the record of the earlier result, if the mask corrects one.
func (f *propagateFlags) recordPath() string { return provenancePath(cmp.Or(f.earlier, f.mask)) }

// withoutRecord says how to use the mask as a plain one.
func (f *propagateFlags) withoutRecord() string {
	if f.earlier != "" {
		return "leave out --earlier to use every slice of the mask as an outline"
	}
	return "move " + f.recordPath() + " away to use every slice of the mask as an outline"
}

// history reads the record of the earlier result that the mask corrects. It returns nil if the mask is not an earlier result,
// or if --slice says which slices are outlines.
func (f *propagateFlags) history(v *volume.Volume) (*slmsam.Provenance, error) {
	if f.mask == "" || f.slices != nil {
		return nil, nil
	}
	path := f.recordPath()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && f.earlier == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the earlier result's record: %w", err)
	}
	p, err := slmsam.ParseProvenance(data)
	if err == nil {
		err = p.CheckImage(v)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; %s", path, err, f.withoutRecord())
	}
	return &p, nil
}

// corrections makes the slices on which the mask differs from the earlier result the new prompts.
func (f *propagateFlags) corrections(c *console, j *job, history *slmsam.Provenance, mask *volume.LabelMap) error {
	if f.labels != "" || f.span != "" || f.direction != "both" {
		return usagef("--label, --range and --direction do not go with corrections, and %s is an earlier result (%s): leave them out, or list the "+
			"outlines to start from with --slice", f.mask, f.recordPath())
	}
	correction, err := history.Correct(mask)
	if err != nil {
		return fmt.Errorf("%w; %s", err, f.withoutRecord())
	}
	if len(correction.Slices) == 0 && f.points == nil && f.boxes == nil {
		c.log.Warn(f.mask + " is an earlier result without any correction: there is nothing to compute")
	}
	for _, label := range slices.Sorted(maps.Keys(correction.Slices)) {
		c.log.Info(fmt.Sprintf("label %d: corrected on slices %s", label, slmsam.Ranges(correction.Slices[label])))
	}
	asked := j.request
	j.request = correction.Request
	j.request.Slices, j.request.Order, j.request.Untrained = asked.Slices, asked.Order, asked.Untrained
	j.request.KeepHoles, j.request.BF16 = asked.KeepHoles, asked.BF16
	if f.memory != "" {
		j.request.Memory = asked.Memory
	}
	if f.crop != "" {
		j.request.Crop = asked.Crop
	}
	for label, spans := range asked.Present {
		j.request.Present[label] = append(j.request.Present[label], spans...)
	}
	for label, spans := range asked.Absent {
		j.request.Absent[label] = append(j.request.Absent[label], spans...)
	}
	j.corrections, j.legend = correction.Slices, mask.Legend
	return nil
}

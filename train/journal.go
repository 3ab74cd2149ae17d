package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// Metrics is a step's line of metrics.jsonl. Losses are summed over a clip's slices and averaged over the batch's
// clips.
type Metrics struct {
	Step      int      `json:"step"` // counted from 1
	Epoch     float64  `json:"epoch"`
	Loss      float64  `json:"loss"` // weighted sum
	Mask      float64  `json:"loss_mask"`
	Dice      float64  `json:"loss_dice"`
	IoU       float64  `json:"loss_iou"`
	Class     float64  `json:"loss_class"`
	Overlap   *float64 `json:"train_dice,omitempty"` // soft Dice of the tracked slices; nil if none held an object
	LR        float64  `json:"lr"`
	EncoderLR float64  `json:"encoder_lr"`
	GradNorm  float64  `json:"grad_norm"`
	Seconds   float64  `json:"seconds"`
	Clip      string   `json:"clip"` // the batch's last clip

	overlaps int // number of clips averaged in Overlap
}

// add adds a clip of a batch of n; overlap is NaN if no tracked slice held an object.
func (m *Metrics) add(clip string, t Terms, w Weights, overlap, n float64) {
	m.Clip = clip
	m.Loss += t.Total(w) // w includes the factor 1/n
	m.Mask += t.Mask / n
	m.Dice += t.Dice / n
	m.IoU += t.IoU / n
	m.Class += t.Class / n
	if !math.IsNaN(overlap) {
		m.overlaps++
		if m.Overlap == nil {
			m.Overlap = new(float64)
		}
		*m.Overlap += (overlap - *m.Overlap) / float64(m.overlaps)
	}
}

// record is a line of metrics.jsonl: a step or, if Metrics is nil, the validation after that step.
type record struct {
	Step int `json:"step"`
	*Metrics
	Validation *Validation `json:"validation,omitempty"`
}

// journal writes a run's metrics as JSON lines and as TensorBoard events.
type journal struct {
	lines  *os.File
	events *events
}

// openJournal opens a run's metrics and drops everything recorded after the given step.
func openJournal(dir string, step int) (*journal, error) {
	path := filepath.Join(dir, metricsFile)
	kept, err := readRecords(path, step)
	if err != nil {
		return nil, err
	}
	var text []byte
	for _, r := range kept {
		line, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		text = append(append(text, line...), '\n')
	}
	if err := replaceFile(path, text); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("train: metrics: %w", err)
	}
	e, err := newEvents(dir, step)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &journal{lines: f, events: e}, nil
}

// readRecords reads the lines of metrics.jsonl up to a step. A line cut short by a crash ends the list.
func readRecords(path string, step int) ([]record, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("train: metrics: %w", err)
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReader(f))
	var out []record
	for {
		var r record
		if err := d.Decode(&r); err != nil {
			if err != io.EOF && len(out) == 0 && step > 0 {
				return nil, fmt.Errorf("train: metrics %s: %w", path, err)
			}
			return out, nil
		}
		if r.Step > step {
			return out, nil
		}
		out = append(out, r)
	}
}

// write appends a line to metrics.jsonl.
func (j *journal) write(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := j.lines.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("train: metrics: %w", err)
	}
	return nil
}

// step records a step.
func (j *journal) step(m Metrics) error {
	values := map[string]float64{"loss/total": m.Loss, "loss/mask": m.Mask, "loss/dice": m.Dice, "loss/iou": m.IoU,
		"loss/class": m.Class, "optimizer/lr": m.LR, "optimizer/encoder_lr": m.EncoderLR, "optimizer/grad_norm": m.GradNorm}
	if m.Overlap != nil {
		values["train/dice"] = *m.Overlap
	}
	j.events.scalars(m.Step, values)
	return j.write(record{Step: m.Step, Metrics: &m})
}

// validation records the validation after a step.
func (j *journal) validation(step int, v *Validation) error {
	values := map[string]float64{"validation/dsc": v.DSC}
	for _, s := range v.Scores {
		values[fmt.Sprintf("validation/%s/%d", s.Case, s.Label)] = s.DSC
	}
	j.events.scalars(step, values)
	return j.write(record{Step: step, Validation: v})
}

func (j *journal) close() error { return errors.Join(j.lines.Close(), j.events.close()) }

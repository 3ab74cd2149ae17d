package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// journals is the folder of the output folder that holds the manifest: one file of JSON Lines for each part, so that
// no two processes write to one file.
const journals = "manifest"

// State says how far a case is.
type State string

// The states.
const (
	Writing State = "writing" // computed; the output is about to appear
	Done    State = "done"
	Failed  State = "failed"
)

// Record is a line of the manifest: what became of a case. The last line of a case counts.
type Record struct {
	Case       string    `json:"case"`
	State      State     `json:"status"`
	Error      string    `json:"error,omitempty"`
	Image      string    `json:"image"`
	Mask       string    `json:"mask,omitempty"`
	Output     string    `json:"output"`
	Provenance string    `json:"provenance,omitempty"`
	Montage    string    `json:"montage,omitempty"`
	Part       string    `json:"part"` // "3/16"
	Host       string    `json:"host"`
	Device     string    `json:"device"`
	Version    string    `json:"version"` // of slmsam
	Checkpoint string    `json:"checkpoint"`
	ImageHash  string    `json:"image_sha256,omitempty"`
	Weights    string    `json:"weights_sha256,omitempty"`
	Request    string    `json:"request_sha256,omitempty"` // of all that decides the result
	Slices     int       `json:"slices"`                   // computed
	Labels     []int     `json:"labels,omitempty"`
	Doubts     []Doubt   `json:"doubts,omitempty"` // most doubtful first
	Notes      []string  `json:"notes,omitempty"`
	Finished   time.Time `json:"finished"`
	Read       float64   `json:"read_seconds"` // reading and decoding, while the case before was computed
	Compute    float64   `json:"compute_seconds"`
	Write      float64   `json:"write_seconds"`
	Peak       int64     `json:"peak_memory_bytes"` // on the device
}

// Doubt is a slice to look at.
type Doubt struct {
	Label   int      `json:"label"`
	Slice   int      `json:"slice"`
	Weight  float64  `json:"weight"` // 0 to 1
	Reasons []string `json:"reasons"`
}

// Journal is the part of the manifest that one process writes.
type Journal struct {
	path string
	f    *os.File
}

// OpenJournal opens a part's journal for appending. A line that a killed process left half-written is cut off.
func OpenJournal(out string, p Part) (*Journal, error) {
	path := filepath.Join(out, journals, fmt.Sprintf("part-%04d-of-%04d.jsonl", p.ID+1, p.Of))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o666)
	if err != nil {
		return nil, fmt.Errorf("batch: the manifest: %w", err)
	}
	data, err := io.ReadAll(f)
	if whole := bytes.LastIndexByte(data, '\n') + 1; err == nil && whole < len(data) {
		err = f.Truncate(int64(whole))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("batch: the manifest %s: %w", path, err)
	}
	return &Journal{path: path, f: f}, nil
}

// Write appends a record; it is on the disk when Write returns.
func (j *Journal) Write(r Record) error {
	line, err := json.Marshal(r)
	if err == nil {
		_, err = j.f.Write(append(line, '\n')) // one write: a line is there whole, or at the file's end
	}
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("batch: the manifest %s: %w", j.path, err)
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.f.Close() }

// ReadManifest reads the journals of all parts: the last record of every case by its name.
func ReadManifest(out string) (map[string]Record, error) {
	entries, err := os.ReadDir(filepath.Join(out, journals))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("batch: the manifest: %w", err)
	}
	last := map[string]Record{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".jsonl" {
			continue
		}
		path := filepath.Join(out, journals, e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("batch: the manifest: %w", err)
		}
		data = data[:bytes.LastIndexByte(data, '\n')+1] // a last line without an end is being written, or was cut off
		for n, line := range bytes.Split(data, []byte{'\n'}) {
			if len(line) == 0 {
				continue
			}
			var r Record
			if err := json.Unmarshal(line, &r); err != nil {
				return nil, fmt.Errorf("batch: the manifest %s is damaged in line %d: %w; delete that line", path, n+1, err)
			}
			if old, ok := last[r.Case]; !ok || !r.Finished.Before(old.Finished) {
				last[r.Case] = r
			}
		}
	}
	return last, nil
}

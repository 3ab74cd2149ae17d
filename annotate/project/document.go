package project

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/folder"
)

// Document holds everything known about a volume. Its methods may be called from several goroutines at once.
type Document struct {
	ID    string
	grid  grid
	image func() (Image, func(), error) // returns the volume, and a function that releases it

	source  folder.Volume // the volume in the folder
	written time.Time     // when the volume had last been written when the document was opened

	mu       sync.Mutex
	journal  *journal // nil: the document exists only in memory
	revision int
	values   Values
	last     map[string]stamp // the last change of each value
	past     []step           // what undo can take back, oldest first
	dropped  int              // number of steps that were dropped from past
	future   []step           // what redo can restore, in the order in which it was undone
	watchers map[*Watch]bool
	jobState Event // the last event of a job that is queued or running; no Type: there is none

	// guarded by the project's lock
	job      *job // queued or running
	deferred *job // to be queued again after a suggestion
}

// stamp says who changed something, and when.
type stamp struct {
	revision int
	author   string
	time     time.Time
}

// step is a change, with the values before and after it.
type step struct {
	author, what  string
	time          time.Time
	before, after Values
}

// history is the number of steps that can be undone.
const history = 500

// shortenAt is the size of a journal, in bytes, above which it is rewritten when it is opened.
const shortenAt = 16 << 20

// ConflictError means that someone else has changed a value that a change was about to overwrite. It says who, and when.
type ConflictError struct {
	Revision int       `json:"revision"`
	Author   string    `json:"author"`
	Time     time.Time `json:"time"`
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s has changed this in the meantime (revision %d): look at that change, then make yours again", e.Author, e.Revision)
}

// newDocument returns an empty document without a journal.
func newDocument(id string, g grid) *Document {
	return &Document{ID: id, grid: g, values: Values{}, last: map[string]stamp{}, watchers: map[*Watch]bool{}}
}

// openDocument reads a document from its journal.
func openDocument(id, path string, g grid) (*Document, error) {
	j, records, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	d := newDocument(id, g)
	d.journal = j
	for i, r := range records {
		if !d.apply(r) {
			j.close()
			return nil, fmt.Errorf("the journal %s: record %d (%s) does not fit those before it: restore it from a backup, or move it away", path, i, r.Kind)
		}
	}
	if j.size > shortenAt {
		if err := j.replace(d.records()); err != nil {
			j.close()
			return nil, err
		}
	}
	return d, nil
}

// apply makes a record's change, and reports whether that is possible.
func (d *Document) apply(r record) bool {
	switch r.Kind {
	case "base":
		d.past, d.future = nil, nil
		d.set(r, r.Set)
	case "do":
		s := step{author: r.Author, what: r.What, time: r.Time, before: Values{}, after: r.Set}
		for key := range r.Set {
			s.before[key] = d.values[key]
		}
		d.past, d.future = append(d.past, s), nil
		if len(d.past) > history {
			d.past = slices.Delete(d.past, 0, 1)
			d.dropped++
		}
		d.set(r, r.Set)
	case "undo":
		if len(d.past) == 0 {
			return false
		}
		s := d.past[len(d.past)-1]
		d.past, d.future = d.past[:len(d.past)-1], append(d.future, s)
		d.set(r, s.before)
	case "redo":
		if len(d.future) == 0 {
			return false
		}
		s := d.future[len(d.future)-1]
		d.future, d.past = d.future[:len(d.future)-1], append(d.past, s)
		d.set(r, s.after)
	default:
		return false
	}
	return true
}

// set sets values as part of a record's change.
func (d *Document) set(r record, values Values) {
	put(d.values, values)
	for key := range values {
		d.last[key] = stamp{r.Revision, r.Author, r.Time}
	}
	d.revision = r.Revision
}

// put sets some values of a table. Null removes a value.
func put(to, values Values) {
	for key, value := range values {
		if isNull(value) {
			delete(to, key)
		} else {
			to[key] = value
		}
	}
}

func isNull(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

// records returns the shortest journal for the document: the oldest state that undo can restore, and all changes since.
func (d *Document) records() []record {
	first := maps.Clone(d.values)
	for _, s := range slices.Backward(d.past) {
		put(first, s.before)
	}
	steps := append(slices.Clone(d.past), slices.Clone(d.future)...)
	slices.Reverse(steps[len(d.past):])
	out := []record{{Kind: "base", Set: first}}
	for _, s := range steps {
		out = append(out, record{Kind: "do", Time: s.time, Author: s.author, What: s.what, Set: s.after})
	}
	for range d.future {
		out = append(out, record{Kind: "undo"})
	}
	for i := range out {
		out[i].Revision = d.revision - len(out) + 1 + i
	}
	return out
}

// Close closes the journal and ends all watches.
func (d *Document) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.watchers {
		d.drop(w)
	}
	if d.journal != nil {
		d.journal.close()
	}
}

// moved reports whether the journal's file was moved away.
func (d *Document) moved() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.journal.moved()
}

// untouched reports whether nothing was ever changed in the document.
func (d *Document) untouched() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.revision == 0
}

// Depth returns the number of steps that have been made and not undone.
func (d *Document) Depth() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dropped + len(d.past)
}

// edit makes the change that f returns for the present state, and returns the document's revision. base is the last revision
// that the author has seen; if somebody else has changed one of the values since, edit returns a ConflictError. If nothing
// would change, the revision stays the same.
func (d *Document) edit(base int, author, what string, f func(*state) (Values, error)) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.state()
	if err != nil {
		return 0, err
	}
	set, err := f(s)
	if err != nil {
		return 0, err
	}
	maps.DeleteFunc(set, func(key string, value json.RawMessage) bool {
		return string(value) == string(d.values[key]) || isNull(value) && isNull(d.values[key])
	})
	if len(set) == 0 {
		return d.revision, nil
	}
	for key := range set {
		if by := d.last[key]; key != metaKey && by.revision > base && by.author != author {
			return 0, &ConflictError{by.revision, by.author, by.time}
		}
	}
	return d.commit(record{Kind: "do", Author: author, What: what, Set: set})
}

// Undo undoes the last step; false if there is none. If somebody else made it after revision base, Undo returns a
// ConflictError.
func (d *Document) Undo(base int, author string) (bool, error) { return d.turn("undo", base, author) }

// Redo makes the last undone step again, with the same results as Undo.
func (d *Document) Redo(base int, author string) (bool, error) { return d.turn("redo", base, author) }

func (d *Document) turn(kind string, base int, author string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	steps := d.past
	if kind == "redo" {
		steps = d.future
	}
	if len(steps) == 0 {
		return false, nil
	}
	for key := range steps[len(steps)-1].after {
		if by := d.last[key]; by.revision > base && by.author != author {
			return false, &ConflictError{by.revision, by.author, by.time}
		}
	}
	_, err := d.commit(record{Kind: kind, Author: author})
	return err == nil, err
}

// commit writes a record to disk, makes its change, and tells all watchers. The lock is held.
func (d *Document) commit(r record) (int, error) {
	r.Revision, r.Time = d.revision+1, time.Now().UTC().Truncate(time.Millisecond)
	if d.journal != nil {
		if err := d.journal.append(r); err != nil {
			return 0, err
		}
	}
	set := r.Set
	switch r.Kind {
	case "undo":
		set = d.past[len(d.past)-1].before
	case "redo":
		set = d.future[len(d.future)-1].after
	}
	if !d.apply(r) {
		panic("project: a record that was checked cannot be applied")
	}
	d.tell(Event{Type: "change", Revision: d.revision, Author: r.Author, What: r.What, Set: set, Undo: topOf(d.past), Redo: topOf(d.future)})
	return d.revision, nil
}

// topOf describes what undo or redo would do; empty if there is nothing.
func topOf(steps []step) string {
	if len(steps) == 0 {
		return ""
	}
	return steps[len(steps)-1].what
}

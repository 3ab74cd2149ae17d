package project

import "maps"

// Event is something that happened to a document, or to the job that works on it.
type Event struct {
	Type string `json:"type"` // snapshot, change; job; slice

	// For a change, and for a snapshot, which contains all values.
	Revision int    `json:"revision,omitempty"`
	Author   string `json:"author,omitempty"`
	What     string `json:"what,omitempty"`
	Set      Values `json:"set,omitempty"`
	Undo     string `json:"undo,omitempty"` // what Undo would undo
	Redo     string `json:"redo,omitempty"` // what Redo would restore

	// For a job.
	State string `json:"state,omitempty"` // queued, running, done, failed, cancelled, superseded
	Ahead int    `json:"ahead,omitempty"` // number of jobs that come first
	Error string `json:"error,omitempty"`

	// For a slice that a running job has computed.
	Slice   int    `json:"slice"`
	Objects []int  `json:"objects,omitempty"`
	Plane   string `json:"plane,omitempty"`
	Done    int    `json:"done,omitempty"`
	Total   int    `json:"total,omitempty"`
}

// Watch follows a document.
type Watch struct {
	Events <-chan Event // begins with a snapshot and the state of a job, if there is one; closed when the document is, or when too many are unread
	events chan Event
	doc    *Document
}

// unread is the number of events that may wait for a watcher.
const unread = 1024

// Watch follows the document until Stop.
func (d *Document) Watch() *Watch {
	d.mu.Lock()
	defer d.mu.Unlock()
	events := make(chan Event, unread)
	w := &Watch{Events: events, events: events, doc: d}
	d.watchers[w] = true
	events <- d.snapshot()
	if d.jobState.Type != "" {
		events <- d.jobState
	}
	return w
}

// Snapshot returns the whole document.
func (d *Document) Snapshot() Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshot()
}

func (d *Document) snapshot() Event {
	return Event{Type: "snapshot", Revision: d.revision, Set: maps.Clone(d.values), Undo: topOf(d.past), Redo: topOf(d.future)}
}

// Stop ends a watch.
func (w *Watch) Stop() {
	w.doc.mu.Lock()
	defer w.doc.mu.Unlock()
	w.doc.drop(w)
}

func (d *Document) drop(w *Watch) {
	if d.watchers[w] {
		delete(d.watchers, w)
		close(w.events)
	}
}

// notify sends an event about a job.
func (d *Document) notify(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Type == "job" {
		d.jobState = e
		switch e.State {
		case "done", "failed", "cancelled":
			d.jobState = Event{}
		}
	}
	d.tell(e)
}

// watched reports whether anyone follows the document.
func (d *Document) watched() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.watchers) > 0
}

// tell sends an event to all watchers. A watcher that has too many unread events is dropped. The lock is held.
func (d *Document) tell(e Event) {
	for w := range d.watchers {
		select {
		case w.events <- e:
		default:
			d.drop(w)
		}
	}
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/stretchr/testify/require"
)

// killsEnv is the environment variable that says how often the server is killed.
const killsEnv = "SLMSAM_KILLS"

// witness draws on one volume and remembers what the server acknowledged.
type witness struct {
	pageClient
	mu       sync.Mutex
	values   project.Values // the document, as of the last event
	seen     int            // the revision of the last event
	revision int            // the highest revision that an answer named
	drawn    map[int]string // by slice: the last plane that was acknowledged
	flying   map[int]string // by slice: a plane that was sent but not acknowledged
	running  bool           // a propagation is running
}

// TestAKilledServerLosesNothingThatItAcknowledged kills the server at random moments, while somebody draws and propagations
// run, and checks what the next server has.
func TestAKilledServerLosesNothingThatItAcknowledged(t *testing.T) {
	kills := 12
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		kills, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	dir := t.TempDir()
	c := newScan(2, 64, 24)
	c.put(t, dir)
	k := &witness{pageClient: pageClient{scan: c}, drawn: map[int]string{}}
	random := rand.New(rand.NewPCG(uint64(kills), 7))
	var running, flying, unseen int
	for round := range kills {
		s := serve(t, dir, "--cache", "0")
		k.url = s.page
		unseen += k.check(t)
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Add(2)
		go func() { defer work.Done(); k.follow(ctx, t) }()
		go func() { defer work.Done(); k.work(ctx, t, rand.New(rand.NewPCG(uint64(round), 8))) }()
		time.Sleep(time.Duration(random.IntN(600)) * time.Millisecond)
		s.kill()
		work.Wait()
		stop()
		if k.running {
			running++
		}
		if len(k.flying) > 0 {
			flying++
		}
	}
	s := serve(t, dir, "--cache", "0")
	k.url = s.page
	unseen += k.check(t)
	a := ask(t.Context(), http.MethodGet, k.at("/labels?format=.nrrd"), nil)
	require.NoError(t, a.want(http.StatusOK))
	t.Logf("killed %d times: %d during a propagation, %d with a stroke unanswered; revision %d, %d changes were on disk but not yet announced",
		kills, running, flying, k.revision, unseen)
	require.Positive(t, k.revision)
}

// snapshot returns the document as the server has it.
func (k *witness) snapshot(t *testing.T) (e project.Event) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.at("/events"), nil)
	require.NoError(t, err)
	stream, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer stream.Body.Close()
	require.Equal(t, http.StatusOK, stream.StatusCode)
	e.Set = project.Values{} // the event leaves out an empty set
	require.NoError(t, json.NewDecoder(stream.Body).Decode(&e))
	return e
}

// check compares the server's document with what was acknowledged, and returns how many changes it has beyond those that were
// announced. With those undone, the document must equal the last one that was announced.
func (k *witness) check(t *testing.T) (unseen int) {
	e := k.snapshot(t)
	require.GreaterOrEqual(t, e.Revision, k.revision, "an acknowledged change is gone")
	require.GreaterOrEqual(t, e.Revision, k.seen)
	for slice, want := range k.drawn {
		var plane string
		require.NoError(t, json.Unmarshal(e.Set["plane:"+strconv.Itoa(slice)], &plane))
		if plane != want {
			require.Equal(t, k.flying[slice], plane, "slice %d is neither what was acknowledged nor what was in flight", slice)
		}
	}
	unseen = e.Revision - k.seen
	if k.values != nil {
		k.turn(t, "/undo", unseen)
		require.Equal(t, k.values, k.snapshot(t).Set)
		k.turn(t, "/redo", unseen)
		require.Equal(t, e.Set, k.snapshot(t).Set)
	}
	for slice := range k.flying { // these may have either plane
		delete(k.drawn, slice)
	}
	now := k.snapshot(t)
	k.values, k.seen, k.revision, k.flying, k.running = now.Set, now.Revision, now.Revision, map[int]string{}, false
	return unseen
}

// turn undoes or redoes n changes.
func (k *witness) turn(t *testing.T, path string, n int) {
	for range n {
		a := ask(t.Context(), http.MethodPost, k.at(path), map[string]any{"author": "me", "base": 1 << 30})
		require.NoError(t, a.want(http.StatusOK))
		require.JSONEq(t, `{"done":true}`, string(a.body))
	}
}

// follow applies the changes that the server announces, until it is gone.
func (k *witness) follow(ctx context.Context, t *testing.T) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.at("/events"), nil)
	if err != nil {
		t.Error(err)
		return
	}
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		return // the server was killed before
	}
	defer stream.Body.Close()
	events := json.NewDecoder(bufio.NewReader(stream.Body))
	for {
		var e project.Event
		if events.Decode(&e) != nil {
			return
		}
		k.mu.Lock()
		switch e.Type {
		case "snapshot":
			k.values, k.seen = project.Values{}, e.Revision
			maps.Copy(k.values, e.Set)
		case "change":
			for key, value := range e.Set {
				if string(value) == "null" {
					delete(k.values, key)
				} else {
					k.values[key] = value
				}
			}
			k.seen = e.Revision
		case "job":
			k.running = e.State == "running"
		}
		k.mu.Unlock()
	}
}

// work draws on random slices, and now and then starts a propagation, until the server is gone.
func (k *witness) work(ctx context.Context, t *testing.T, random *rand.Rand) {
	const strokes = 4 // from one propagation to the next
	for n := 0; ; n++ {
		slice, side := random.IntN(k.v.Dim[2]), 6+random.IntN(20)
		drawing := k.scan
		drawing.box = [2][2]int{{10, 10 + side}, {12, 12 + side}}
		edit := (&pageClient{scan: drawing}).edit()
		edit["author"], edit["slice"], edit["base"] = "me", slice, 1<<30
		plane := edit["plane"].(string)
		k.flying[slice] = plane
		a := ask(ctx, http.MethodPost, k.at("/edits"), edit)
		if a.err != nil {
			return
		}
		var done struct{ Revision int }
		if err := errors.Join(a.want(http.StatusOK), json.Unmarshal(a.body, &done)); err != nil {
			t.Error(err)
			return
		}
		delete(k.flying, slice)
		k.drawn[slice] = plane
		k.mu.Lock()
		k.revision = done.Revision
		k.mu.Unlock()
		if n%strokes != 0 {
			continue
		}
		if a := ask(ctx, http.MethodPost, k.at("/propagation"), map[string]any{"author": "me"}); a.err != nil {
			return
		}
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
	}
}

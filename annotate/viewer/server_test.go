package viewer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFromAnOutlineToALabelMap goes through an annotator's work: open a volume, follow its events, draw, propagate,
// download the label map, review, undo and redo.
func TestFromAnOutlineToALabelMap(t *testing.T) {
	p := start(t, web.Guard{})
	require.Contains(t, string(p.ok(200, "GET", "/api/project", nil)), `{"id":"scan","name":"scan","state":"new"}`)
	var info struct {
		Dim                   [3]int
		Slices, Width, Height int
		Formats               []string
	}
	require.NoError(t, json.Unmarshal(p.ok(200, "GET", scan, nil), &info))
	require.Equal(t, [3]int{width, height, depth}, info.Dim)
	require.Equal(t, []int{depth, width, height}, []int{info.Slices, info.Width, info.Height})
	require.NotContains(t, info.Formats, ".dcm")
	image := filepath.Join(t.TempDir(), "image.nii")
	require.NoError(t, os.WriteFile(image, p.ok(200, "GET", scan+"/image", nil), 0o600))
	v, err := volume.Read(image)
	require.NoError(t, err)
	require.Equal(t, annotatetest.Ball(depth, height, width).Data, v.Data)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+scan+"/events", nil)
	require.NoError(t, err)
	stream, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer stream.Body.Close()
	events := bufio.NewScanner(stream.Body)
	require.Equal(t, 0, until(t, events, func(e project.Event) bool { return e.Type == "snapshot" }).Revision)

	require.JSONEq(t, `{"revision":1}`, string(p.ok(200, "POST", scan+"/edits", drawn(2, 4, 3))))
	change := until(t, events, func(e project.Event) bool { return e.Type == "change" })
	require.Contains(t, change.Set, "plane:2")
	require.Equal(t, "drawing on slice 2", change.Undo)
	p.ok(202, "POST", scan+"/propagation", map[string]any{"author": "me", "direction": "both"})
	seen := 0
	until(t, events, func(e project.Event) bool {
		if e.Type == "slice" {
			seen++
		}
		return e.Type == "job" && e.State == "done"
	})
	require.Equal(t, depth, seen)

	file := filepath.Join(t.TempDir(), "labels.nii.gz")
	require.NoError(t, os.WriteFile(file, p.ok(200, "GET", scan+"/labels", nil), 0o600))
	l, err := volume.ReadLabelMap(file)
	require.NoError(t, err)
	require.Equal(t, depth*12, l.Counts()[1])
	require.Contains(t, string(p.ok(200, "GET", scan+"/labels?format=.seg.nrrd", nil)), "kidney")
	require.Equal(t, "\x89PNG", string(p.ok(200, "GET", scan+"/report", nil)[:4]))

	p.ok(200, "POST", scan+"/edits", map[string]any{"op": "accept", "author": "me", "base": 9, "object": 1, "slice": 0})
	p.ok(200, "POST", scan+"/edits", map[string]any{"op": "absent", "author": "me", "base": 9, "object": 1, "slice": 4, "end": 5})
	p.ok(200, "POST", scan+"/review", map[string]any{"author": "me", "base": 9, "reviewed": true})
	require.FileExists(t, filepath.Join(p.dir, "labelsTr", "scan.nii.gz"))
	for range 5 {
		require.JSONEq(t, `{"done":true}`, string(p.ok(200, "POST", scan+"/undo", map[string]any{"author": "me", "base": 99})))
	}
	require.JSONEq(t, `{"done":false}`, string(p.ok(200, "POST", scan+"/undo", map[string]any{"author": "me", "base": 99})))
	require.JSONEq(t, `{"done":true}`, string(p.ok(200, "POST", scan+"/redo", map[string]any{"author": "me", "base": 99})))
	require.Contains(t, string(p.ok(200, "GET", "/metrics", nil)), "slmsam_jobs_done_total 1\n")
}

// TestTheSecondWriterIsRefused checks that an edit that would overwrite someone else's unseen one is refused, and
// accepted once its author has seen it.
func TestTheSecondWriterIsRefused(t *testing.T) {
	p := start(t, web.Guard{})
	p.ok(200, "POST", scan+"/edits", drawn(2, 4, 3))
	second := drawn(2, 2, 2)
	second["author"] = "ben"
	answer := p.ok(409, "POST", scan+"/edits", second)
	require.Contains(t, string(answer), `"author":"me"`)
	require.Contains(t, string(answer), "me has changed this in the meantime")
	second["base"] = 1
	p.ok(200, "POST", scan+"/edits", second)
}

// TestUploads checks the names of uploaded volumes, and that refused uploads leave nothing behind.
func TestUploads(t *testing.T) {
	p := start(t, web.Guard{})
	file, err := os.ReadFile(filepath.Join(p.dir, "scan.nii.gz"))
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"mine"}`, string(p.ok(201, "POST", "/api/volumes?name=mine.nii.gz", file)))
	require.JSONEq(t, `{"id":"scan-2"}`, string(p.ok(201, "POST", "/api/volumes?name=scan.nii.gz", file)))
	require.JSONEq(t, `{"id":"x"}`, string(p.ok(201, "POST", "/api/volumes?name=../../x.nii.gz", file)))
	require.FileExists(t, filepath.Join(p.dir, "x.nii.gz"))
	p.ok(400, "POST", "/api/volumes?name=junk.nii.gz", []byte("junk"))
	p.ok(400, "POST", "/api/volumes?name=short.nii.gz", file[:len(file)/2])
	p.ok(400, "POST", "/api/volumes?name=page.html", []byte("<html>"))
	p.ok(413, "POST", "/api/volumes?name=long.nii", make([]byte, 1<<16+1))
	entries, err := os.ReadDir(p.dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "only the volumes are there")
}

// TestBadRequests checks the status of bad requests, and that none of them changed the document.
func TestBadRequests(t *testing.T) {
	p := start(t, web.Guard{})
	for _, c := range []struct {
		status       int
		method, path string
		body         any
	}{
		{404, "GET", "/api/volumes/none", nil},
		{404, "GET", "/api/volumes/..%2f..%2fetc%2fpasswd/image", nil},
		{404, "GET", "/static/..%2fserver.go", nil},
		{400, "GET", scan + "/labels?format=.exe", nil},
		{400, "GET", scan + "/labels?format=.dcm", nil},
		{400, "GET", scan + "/report", nil},
		{400, "POST", scan + "/edits", []byte("{")},
		{400, "POST", scan + "/edits", map[string]any{"op": "draw"}},
		{400, "POST", scan + "/edits", map[string]any{"op": "nonsense", "author": "me"}},
		{400, "POST", scan + "/edits", map[string]any{"op": "draw", "author": "me", "slice": 77, "plane": drawn(0, 1, 1)["plane"]}},
		{400, "POST", scan + "/edits", map[string]any{"op": "draw", "author": "me", "plane": "/////w=="}},
		{400, "POST", scan + "/edits", map[string]any{"op": "object", "author": "me"}},
		{400, "POST", scan + "/propagation", map[string]any{"author": "me"}},
		{400, "POST", scan + "/propagation", map[string]any{"author": "me", "direction": "up"}},
		{400, "POST", scan + "/undo", map[string]any{"author": strings.Repeat("x", 100)}},
		{405, "PUT", scan + "/edits", nil},
		{413, "POST", scan + "/edits", make([]byte, 2<<20)},
	} {
		p.ok(c.status, c.method, c.path, c.body)
	}
	require.JSONEq(t, `{"done":false}`, string(p.ok(200, "POST", scan+"/undo", map[string]any{"author": "me"})), "nothing was changed")
}

// TestManyPagesAtOnceDoNotDisturbEachOther lets many pages draw and propagate at once, each on a volume of its own,
// and checks every result.
func TestManyPagesAtOnceDoNotDisturbEachOther(t *testing.T) {
	p := start(t, web.Guard{})
	file, err := os.ReadFile(filepath.Join(p.dir, "scan.nii.gz"))
	require.NoError(t, err)
	const pages = 20
	for i := range pages {
		p.ok(201, "POST", fmt.Sprintf("/api/volumes?name=v%d.nii.gz", i), file)
	}
	var working sync.WaitGroup
	for i := range pages {
		working.Add(1)
		go func() {
			defer working.Done()
			path := fmt.Sprintf("/api/volumes/v%d", i)
			w, h := 1+i%6, 1+i%4
			for range 5 {
				ctx, leave := context.WithCancel(t.Context())
				r, _ := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path+"/events", nil)
				stream, err := http.DefaultClient.Do(r)
				if assert.NoError(t, err) {
					defer stream.Body.Close()
				}
				for _, edit := range []map[string]any{drawn(i%depth, w, h), drawn((i+1)%depth, w, h)} {
					status, answer := p.ask("POST", path+"/edits", edit)
					assert.Equal(t, 200, status, "%s", answer)
				}
				_, _ = p.ask("POST", path+"/propagation", map[string]any{"author": "me"}) // fails after the first round, when nothing has changed
				leave()
			}
		}()
	}
	working.Wait()
	for i := range pages {
		path := fmt.Sprintf("/api/volumes/v%d", i)
		want := depth * (1 + i%6) * (1 + i%4)
		require.Eventually(t, func() bool {
			file := filepath.Join(t.TempDir(), "labels.nii.gz")
			require.NoError(t, os.WriteFile(file, p.ok(200, "GET", path+"/labels", nil), 0o600))
			l, err := volume.ReadLabelMap(file)
			require.NoError(t, err)
			return l.Counts()[1] == want
		}, 20*time.Second, 20*time.Millisecond, "volume %d", i)
	}
	require.Eventually(t, func() bool {
		return strings.Contains(string(p.ok(200, "GET", "/metrics", nil)), "slmsam_jobs_queued 0\n")
	}, 10*time.Second, 20*time.Millisecond)
}

// TestSuggestions checks that a box and a click get a suggestion, that a click may take all of an outline away, and that bad
// hints are refused.
func TestSuggestions(t *testing.T) {
	p := start(t, web.Guard{})
	suggest := func(hint map[string]any) string { return string(p.ok(200, "POST", scan+"/suggestion", hint)) }
	plane, column := drawn(2, 4, 3)["plane"], make([]uint8, pixels)
	for y := 1; y <= 3; y++ {
		column[y*width+4] = 1
	}
	require.JSONEq(t, fmt.Sprintf(`{"plane":%q}`, plane), suggest(map[string]any{"slice": 0, "box": []int{1, 1, 4, 3}}))
	away := []any{map[string]any{"x": 2, "y": 2, "away": true}}
	require.JSONEq(t, fmt.Sprintf(`{"plane":%q}`, project.EncodePlane(column)), suggest(map[string]any{"slice": 0, "plane": plane, "clicks": away}))
	require.JSONEq(t, `{"plane":""}`, suggest(map[string]any{"slice": 0, "plane": drawn(2, 3, 3)["plane"], "clicks": away}))
	for _, bad := range []map[string]any{{"slice": 9, "box": []int{1, 1, 4, 3}}, {"slice": 0}, {"slice": 0, "plane": "AA", "box": []int{1, 1, 4, 3}}} {
		p.ok(400, "POST", scan+"/suggestion", bad)
	}
}

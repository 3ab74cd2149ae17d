package viewer

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// withLearner serves the same folder again, with a learner.
func withLearner(t *testing.T, p *testPage) *testPage {
	f, err := folder.Open(p.dir, 1<<16)
	require.NoError(t, err)
	dev := cpu.New(1)
	base, err := slmsam.Open(dev, nano.Name)
	require.NoError(t, err)
	served := learn.NewServed(base)
	l, err := learn.New(f, served, learn.Options{Init: nano.Name, Log: quiet,
		Open: func() (backend.Device, error) { return cpu.New(1), nil },
		Load: func(path string) (*slmsam.Model, error) { return slmsam.Open(dev, path) }})
	require.NoError(t, err)
	q, err := project.Open(f, copier, annotate.Limits{Voxels: 1 << 16, TotalVoxels: 1 << 16}, quiet)
	require.NoError(t, err)
	s := httptest.NewServer(New(q, Options{UploadBytes: 1 << 16, Learner: l, Log: quiet}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		require.NoError(t, l.Close())
		require.NoError(t, q.Close())
		require.NoError(t, f.Close())
		dev.Close()
	})
	return &testPage{Server: s, t: t, dir: p.dir}
}

// TestTraining checks the routes for training: without a learner, with nothing to learn from, and up to a training
// that fails because the volume has too few slices.
func TestTraining(t *testing.T) {
	p := start(t, web.Guard{})
	p.ok(404, "GET", "/api/training", nil)
	p = withLearner(t, p)
	require.JSONEq(t, `{"weights":[],"serving":""}`, string(p.ok(200, "GET", "/api/training", nil)))
	require.Contains(t, string(p.ok(400, "POST", "/api/training", map[string]any{"minutes": 1})), "nothing to learn from")
	require.Contains(t, string(p.ok(400, "GET", "/api/dataset", nil)), "no volume has been reviewed yet")
	p.ok(400, "POST", "/api/training", map[string]any{"minutes": -1})
	p.ok(400, "POST", "/api/training", map[string]any{"minutes": 1e9})
	p.ok(404, "POST", "/api/weights", map[string]any{"id": "none"})
	p.ok(400, "POST", "/api/weights", map[string]any{"id": "../none"})
	p.ok(200, "POST", "/api/weights", map[string]any{"id": ""})

	p.ok(200, "POST", scan+"/edits", drawn(2, 4, 3))
	p.ok(200, "POST", scan+"/review", map[string]any{"author": "me", "base": 1, "reviewed": true})
	z, err := zip.NewReader(bytes.NewReader(p.ok(200, "GET", "/api/dataset", nil)), int64(len(p.ok(200, "GET", "/api/dataset", nil))))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	require.Equal(t, []string{"Dataset001_reviewed/dataset.json", "Dataset001_reviewed/imagesTr/scan_0000.nii.gz", "Dataset001_reviewed/labelsTr/scan.nii.gz"}, names)

	require.Contains(t, string(p.ok(202, "POST", "/api/training", map[string]any{"minutes": 1})), `"state":"running"`)
	var now struct{ Training annotate.Training }
	require.Eventually(t, func() bool {
		require.NoError(t, json.Unmarshal(p.ok(200, "GET", "/api/training", nil), &now))
		return now.Training.State != annotate.TrainingRuns
	}, time.Minute, 10*time.Millisecond)
	require.Equal(t, annotate.TrainingFailed, now.Training.State, "the object is on one slice only, and the volume has fewer slices than a clip")
	require.Contains(t, now.Training.Text, "fewer than a clip")
	require.Contains(t, now.Training.Text, "no object on two of them, which a sweep needs")
	p.ok(200, "DELETE", "/api/training", nil)
}

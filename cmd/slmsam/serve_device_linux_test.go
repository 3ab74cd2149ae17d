package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/nninteractive"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/session"
	"github.com/seed-6f79f512/slmsam/annotate/viewer"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/stretchr/testify/require"
)

// failing is a device that fails as long as fault holds an error.
type failing struct {
	backend.Device
	fault atomic.Pointer[error]
}

func (f *failing) Read(b backend.Buffer, off int, dst []float32) error {
	if err := f.fault.Load(); err != nil {
		return *err
	}
	return f.Device.Read(b, off, dst)
}

func (f *failing) Sync() error {
	if err := f.fault.Load(); err != nil {
		return *err
	}
	return f.Device.Sync()
}

// TestADeviceThatGivesUp checks that while the device fails, jobs and requests fail with an error that says what to do, and that
// they succeed as soon as the device works again.
func TestADeviceThatGivesUp(t *testing.T) {
	dir := t.TempDir()
	c := newScan(2, 32, 4)
	c.put(t, dir)
	dev := &failing{Device: cpu.New(1)}
	weights := filepath.Join(t.TempDir(), "model.safetensors")
	writeSmallModel(t, weights)
	model, err := slmsam.Open(dev, weights)
	require.NoError(t, err)
	f, err := folder.Open(dir, 1<<20)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	limits := annotate.Limits{Sessions: 2, Voxels: 1 << 20, TotalVoxels: 1 << 20}
	p, err := project.Open(f, model, limits, log)
	require.NoError(t, err)
	page := httptest.NewServer(viewer.New(p, viewer.Options{Log: log}))
	ctx, end := context.WithCancel(t.Context())
	protocol := httptest.NewServer(nninteractive.New(ctx, session.New(p, limits), nninteractive.Options{Log: log}))
	defer func() {
		end()
		for _, s := range []*httptest.Server{page, protocol} {
			s.CloseClientConnections()
			s.Close()
		}
		require.NoError(t, p.Close())
		require.NoError(t, f.Close())
	}()
	me := map[string]any{"author": c.id, "base": 1 << 30}
	viewed, client := &pageClient{scan: c, url: page.URL}, &nnClient{scan: c, url: protocol.URL}
	require.NoError(t, client.open(t.Context()))
	require.NoError(t, ask(t.Context(), http.MethodPost, viewed.at("/edits"), viewed.edit()).want(http.StatusOK))
	for want, fault := range map[string]error{"restart the server": wgsl.ErrDeviceLost, "smaller --resolution": wgsl.ErrOutOfMemory} {
		dev.fault.Store(&fault)
		require.ErrorContains(t, viewed.propagate(t.Context(), me), want)
		_, err = client.run(t.Context())
		require.ErrorContains(t, err, "status 503")
		require.ErrorContains(t, err, want)
		dev.fault.Store(nil)
	}
	require.NoError(t, viewed.propagate(t.Context(), me))
	_, err = client.run(t.Context())
	require.NoError(t, err)
}

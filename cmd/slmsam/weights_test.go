package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/stretchr/testify/require"
)

// TestWeightsAreListedPulledAndVerified checks the pinned checkpoints, what is asked of a mirror, and that other files are not
// taken for official ones.
func TestWeightsAreListedPulledAndVerified(t *testing.T) {
	w := newWorkspace(t)
	dir := w.path("weights")
	var list struct {
		Directory string        `json:"directory"`
		Weights   []weightsFile `json:"weights"`
	}
	runJSON(t, &list, "weights", "list", "--dir", dir)
	require.Len(t, list.Weights, 4)
	require.Equal(t, "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69", list.Weights[0].SHA256)

	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		rw.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	r := slmsamRun("weights", "pull", "tiny", "--dir", dir, "--url", server.URL+"/mirror/")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "404")
	require.Equal(t, "/mirror/sam2.1_hiera_tiny.pt", asked)

	r = slmsamRun("weights", "verify", w.model)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "not one of the official checkpoints")
	fake := w.path("sam2.1_hiera_tiny.pt")
	require.NoError(t, os.WriteFile(fake, []byte("no weights"), 0o644))
	r = slmsamRun("weights", "verify", fake)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "weights pull tiny")
	require.Equal(t, exitUsage, slmsamRun("weights", "burn").code)
}

// TestOfficialNamesAreLookedUpInTheCache checks that a name means the pulled checkpoint, or an error that says how to pull it.
func TestOfficialNamesAreLookedUpInTheCache(t *testing.T) {
	w := newWorkspace(t)
	t.Setenv("XDG_CACHE_HOME", w.path("cache"))
	t.Setenv("HOME", w.path("home"))
	r := slmsamRun("propagate", w.image, "--mask", w.mask, "--device", "cpu", "--checkpoint", "base+")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "slmsam weights pull base_plus")

	dir, err := checkpoint.CacheDir()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	data, err := os.ReadFile(w.model)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sam2.1_hiera_tiny.pt"), data, 0o644))
	r = slmsamRun("propagate", w.image, "--mask", w.mask, "--device", "cpu", "--checkpoint", "tiny")
	require.Equal(t, exitDone, r.code, r.errors)
}

// TestConvertKeepsTheModelUsable converts weights to half floats and back, propagates with them, and checks that no file is
// replaced.
func TestConvertKeepsTheModelUsable(t *testing.T) {
	w := newWorkspace(t)
	var done converted
	runJSON(t, &done, "convert", w.model, w.path("half.pt"), "--dtype", "f16")
	require.Positive(t, done.Tensors)
	runJSON(t, &done, "convert", w.path("half.pt"), w.path("back.safetensors"), "--dtype", "f32")
	w.model = w.path("back.safetensors")
	r := w.propagate("--mask", w.mask, "-o", w.path("o.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	r = slmsamRun("convert", w.model, w.path("half.pt"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "half.pt")
}

package checkpoint

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// served returns the content of the test server's only file, and its entry.
func served() ([]byte, Entry) {
	content := bytes.Repeat([]byte("short and long memory "), 20000)
	sum := sha256.Sum256(content)
	return content, Entry{Name: "x", File: "x.pt", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
}

// fileServer serves content, with ranges, until the end of the test, and records the Range headers that it receives.
func fileServer(t *testing.T, content []byte) (url string, ranges *[]string) {
	ranges = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		if r.URL.Path != "/base/x.pt" {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/base/", ranges
}

// requireContent checks the content of a file.
func requireContent(t *testing.T, want []byte, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "content of %s differs", path)
}

// TestPullFresh downloads a file into a new folder, and checks that it is not downloaded a second time.
func TestPullFresh(t *testing.T) {
	content, entry := served()
	url, ranges := fileServer(t, content)
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var last, total int64
	path, err := Pull(t.Context(), entry, dir, url, func(done, all int64) {
		require.GreaterOrEqual(t, done, last)
		last, total = done, all
	})
	require.NoError(t, err)
	requireContent(t, content, path)
	require.Equal(t, []int64{entry.Size, entry.Size}, []int64{last, total})
	require.NoFileExists(t, path+".part")

	_, err = Pull(t.Context(), entry, dir, url, nil) // already complete
	require.NoError(t, err)
	require.Equal(t, []string{""}, *ranges)
}

// TestPullResumes checks that an interrupted download continues where it stopped, and that a complete one only needs
// to be renamed.
func TestPullResumes(t *testing.T) {
	content, entry := served()
	url, ranges := fileServer(t, content)
	dir := t.TempDir()
	part := filepath.Join(dir, "x.pt.part")
	require.NoError(t, os.WriteFile(part, content[:1000], 0o600))
	path, err := Pull(t.Context(), entry, dir, url, nil)
	require.NoError(t, err)
	requireContent(t, content, path)
	require.Equal(t, []string{"bytes=1000-"}, *ranges)

	require.NoError(t, os.Rename(path, part)) // complete, but not renamed
	_, err = Pull(t.Context(), entry, dir, url, nil)
	require.NoError(t, err)
	require.Len(t, *ranges, 1)
}

// TestPullFromAServerWithoutRange checks that a download starts over if the server does not support ranges.
func TestPullFromAServerWithoutRange(t *testing.T) {
	content, entry := served()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(content) }))
	defer s.Close()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.pt.part"), []byte("anything"), 0o600))
	path, err := Pull(t.Context(), entry, dir, s.URL, nil)
	require.NoError(t, err)
	requireContent(t, content, path)
}

// TestPullDeletesAPartOfTheWrongSum checks that a file with the wrong checksum is deleted.
func TestPullDeletesAPartOfTheWrongSum(t *testing.T) {
	content, entry := served()
	wrong := bytes.Clone(content)
	wrong[5] ^= 1
	url, _ := fileServer(t, wrong)
	dir := t.TempDir()
	_, err := Pull(t.Context(), entry, dir, url, nil)
	require.ErrorContains(t, err, "want "+entry.SHA256)
	requireEmptyDir(t, dir)
}

// TestPullKeepsThePartOfACutConnection checks that a download continues after the connection was lost.
func TestPullKeepsThePartOfACutConnection(t *testing.T) {
	content, entry := served()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:5000])
	}))
	defer s.Close()
	dir := t.TempDir()
	_, err := Pull(t.Context(), entry, dir, s.URL, nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorContains(t, err, "cut after 5000 of 440000 bytes")
	requireContent(t, content[:5000], filepath.Join(dir, "x.pt.part"))

	url, ranges := fileServer(t, content)
	path, err := Pull(t.Context(), entry, dir, url, nil)
	require.NoError(t, err)
	requireContent(t, content, path)
	require.Equal(t, []string{"bytes=5000-"}, *ranges)
}

// TestPullCanceled checks that a canceled download keeps what it has.
func TestPullCanceled(t *testing.T) {
	content, entry := served()
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:5000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer s.Close()
	dir := t.TempDir()
	_, err := Pull(ctx, entry, dir, s.URL, func(done, _ int64) {
		if done == 5000 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	requireContent(t, content[:5000], filepath.Join(dir, "x.pt.part"))
}

// TestPullErrors checks the errors for a missing file, a file that is too large, an unrelated file in its place, and
// a server that does not answer.
func TestPullErrors(t *testing.T) {
	content, entry := served()
	url, _ := fileServer(t, content)
	_, err := Pull(t.Context(), entry, t.TempDir(), url+"elsewhere", nil)
	require.ErrorContains(t, err, "elsewhere/x.pt does not exist (404 Not Found)")

	short := entry
	short.Size = 100
	dir := t.TempDir()
	_, err = Pull(t.Context(), short, dir, url, nil)
	require.ErrorContains(t, err, "more than the 100 bytes")

	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.pt"), []byte("mine"), 0o600))
	_, err = Pull(t.Context(), entry, dir, url, nil)
	require.ErrorContains(t, err, "move it away")
	requireContent(t, []byte("mine"), filepath.Join(dir, "x.pt"))

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dir = t.TempDir()
	_, err = Pull(t.Context(), entry, dir, gone.URL, nil)
	require.ErrorContains(t, err, "check the network")
	requireEmptyDir(t, dir)
}

// TestProgressWriterKeepsTheErrorOfWriting checks that a full disk is reported as an error of writing, not of the
// network.
func TestProgressWriterKeepsTheErrorOfWriting(t *testing.T) {
	full := errors.New("no space left on device")
	p := &progressWriter{w: failing{full}, total: 10, report: func(int64, int64) {}}
	_, err := io.Copy(p, bytes.NewReader([]byte("abc")))
	require.ErrorIs(t, err, full)
	require.ErrorIs(t, p.err, full)
}

// failing is a writer that fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestOfficial checks that every official checkpoint has a checksum and is found by its file and by its name.
func TestOfficial(t *testing.T) {
	for _, e := range Official() {
		require.Len(t, e.SHA256, 64)
		found, err := FindOfficial(e.File)
		require.NoError(t, err)
		require.Equal(t, e, found)
	}
	e, err := FindOfficial("base+")
	require.NoError(t, err)
	require.Equal(t, "sam2.1_hiera_base_plus.pt", e.File)
	_, err = FindOfficial("huge")
	require.ErrorContains(t, err, "tiny, small, base_plus, large")
}

// TestVerify checks that a file with an official name and other content is not accepted.
func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sam2.1_hiera_tiny.pt")
	require.NoError(t, os.WriteFile(path, []byte("not it"), 0o600))
	e, ok, err := Verify(path)
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, "tiny", e.Name)
	_, _, err = Verify(path + "x")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestURLOfAMirror checks how a file's URL is formed.
func TestURLOfAMirror(t *testing.T) {
	e := Entry{File: "x.pt"}
	require.Equal(t, OfficialURL+"x.pt", e.URL(""))
	require.Equal(t, "https://mirror.example/sam/x.pt", e.URL("https://mirror.example/sam"))
	require.Equal(t, "https://mirror.example/sam/x.pt", e.URL("https://mirror.example/sam/"))
}

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// fillDisk writes a file until nothing more fits. free removes it.
func fillDisk(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, ".filler")
	f, err := os.Create(path)
	require.NoError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 512))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
	return func() { require.NoError(t, os.Remove(path)) }
}

// TestAServerSurvivesAFullDisk checks that what cannot be saved is refused with a reason, that what was saved stays, and that
// everything works once there is room again.
func TestAServerSurvivesAFullDisk(t *testing.T) {
	dir := smallDisk(t, 512)
	c := newScan(2, 32, 8)
	c.put(t, dir)
	file, err := os.ReadFile(c.path(dir))
	require.NoError(t, err)
	s := serve(t, dir, "--cache", "0")
	k := &witness{pageClient: pageClient{scan: c, url: s.page}}
	require.NoError(t, ask(t.Context(), http.MethodPost, k.at("/edits"), k.edit()).want(http.StatusOK))
	before := k.snapshot(t)
	free := fillDisk(t, dir)

	noisy := k.edit()
	pix := make([]uint8, 32*32)
	for i := range pix {
		pix[i] = uint8(i % 2) // the longest plane there can be, once encoded
	}
	noisy["slice"], noisy["plane"] = 1, project.EncodePlane(pix)
	reviewed := map[string]any{"author": c.id, "base": 1 << 30, "reviewed": true}
	me := map[string]any{"author": c.id, "base": 1 << 30}
	label := &monaiClient{scan: c, url: s.monai}
	require.NoError(t, label.open(t.Context()))
	contentType, submitted, err := formBody(field{"label", "label.nrrd", label.label})
	require.NoError(t, err)
	refused := func(what string, a answer) {
		require.NoError(t, a.want(http.StatusInsufficientStorage), what)
		require.Contains(t, string(a.body), "disk is full", what)
		require.NotContains(t, string(a.body), dir, what)
	}
	for range 3 { // until the room in the journal's last block is used up
		if a := ask(t.Context(), http.MethodPost, k.at("/edits"), noisy); a.status == http.StatusOK {
			before = k.snapshot(t)
			noisy["slice"] = noisy["slice"].(int) + 1
		} else {
			require.NoError(t, a.want(http.StatusInsufficientStorage))
			require.Contains(t, string(a.body), "is the disk full?")
		}
	}
	require.ErrorContains(t, k.propagate(t.Context(), me), "is the disk full?")
	refused("review", ask(t.Context(), http.MethodPost, k.at("/review"), reviewed))
	refused("upload", ask(t.Context(), http.MethodPost, s.page+"/api/volumes?name=more.nii.gz", file))
	refused("label", ask(t.Context(), http.MethodPut, s.monai+"/datastore/label?image="+c.id, submitted, "Content-Type", contentType))
	require.Equal(t, before.Set, k.snapshot(t).Set, "nothing has changed")
	free()
	require.Equal(t, []string{".slmsam/annotations/" + c.id + ".journal", c.id + ".nii.gz"}, files(t, dir), "nothing half-written")
	require.NoError(t, ask(t.Context(), http.MethodPost, k.at("/edits"), noisy).want(http.StatusOK))
	require.NoError(t, k.propagate(t.Context(), me))
	require.NoError(t, ask(t.Context(), http.MethodPost, k.at("/review"), reviewed).want(http.StatusOK))
	after := k.snapshot(t)
	s.kill()
	k.url = serve(t, dir, "--cache", "0").page
	require.Equal(t, after.Set, k.snapshot(t).Set)
}

// TestAbortedUploadsLeaveNothing sends half a body to every path that takes one and then closes the connection.
func TestAbortedUploadsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	c := newScan(2, 32, 8)
	c.put(t, dir)
	file, err := os.ReadFile(c.path(dir))
	require.NoError(t, err)
	s := serve(t, dir, "--cache", "0")
	snap, nn := &snapClient{scan: c, url: s.snap}, &nnClient{scan: c, url: s.nn}
	require.NoError(t, snap.open(t.Context()))
	require.NoError(t, nn.open(t.Context()))
	snapType, snapBody, err := snap.form(c.v.Data)
	require.NoError(t, err)
	formType, form, err := formBody(field{"files", "image.nii.gz", file})
	require.NoError(t, err)
	label := &monaiClient{scan: c}
	require.NoError(t, label.open(t.Context()))
	labelType, labelBody, err := formBody(field{"label", "label.nrrd", label.label})
	require.NoError(t, err)
	before, temp := files(t, dir), files(t, s.temp)
	for _, u := range []struct {
		method, server, path, header string
		body                         []byte
	}{
		{"POST", s.page, "/api/volumes?name=half.nii.gz", "Content-Type: application/octet-stream", file},
		{"POST", s.page, "/api/series?name=half", "Content-Type: " + formType, form},
		{"PUT", s.monai, "/session", "Content-Type: " + formType, form},
		{"PUT", s.monai, "/datastore?image=half", "Content-Type: " + formType, form},
		{"PUT", s.monai, "/datastore/label?image=" + c.id, "Content-Type: " + labelType, labelBody},
		{"POST", s.monai, "/infer/slmsam?image=" + c.id, "Content-Type: " + labelType, labelBody},
		{"POST", s.snap, "/v2/upload_raw/" + snap.session, "Content-Type: " + snapType, snapBody},
		{"POST", s.snap, "/v2/process_lasso_interaction/" + snap.session, "Content-Type: " + snapType, snapBody},
		{"POST", s.nn, "/set_image", "X-Lease-Token: " + nn.lease, storedArray("uint8", 1, make([]byte, 64), 1, 4, 4, 4)},
	} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(u.server, "http://"))
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n\r\n%s", u.method, u.path, len(u.body), u.header, u.body[:len(u.body)/2])
		require.NoError(t, err)
		time.Sleep(20 * time.Millisecond)
		require.NoError(t, conn.Close())
	}
	require.Eventually(t, func() bool { return s.idle() }, 20*time.Second, 50*time.Millisecond)
	require.Equal(t, before, files(t, dir), "the served folder")
	require.Equal(t, temp, files(t, s.temp), "temporary files")
	for _, client := range []annotator{nn, snap} { // their earlier uploads are still there
		_, err := client.run(t.Context())
		require.NoError(t, err)
	}
}

// idle reports whether no request is being answered, other than the one for the metrics.
func (s *served) idle() bool {
	a := ask(s.t.Context(), http.MethodGet, s.page+"/metrics", nil)
	for _, name := range []string{"monailabel", "itksnap", "nninteractive"} {
		if strings.Contains(string(a.body), "requests_running{server=\""+name+"\"} 1") {
			return false
		}
	}
	return strings.Contains(string(a.body), "requests_running{server=\"viewer\"} 1")
}

// TestTwoServersOnOneFolder checks that the second server refuses changes while the first one is there, and nothing is lost.
func TestTwoServersOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	worked, fresh := newScan(2, 32, 8), newScan(6, 32, 8)
	worked.put(t, dir)
	fresh.put(t, dir)
	first, second := serve(t, dir, "--cache", "0"), serve(t, dir, "--cache", "0")
	a := &witness{pageClient: pageClient{scan: worked, url: first.page}}
	b := &witness{pageClient: pageClient{scan: worked, url: second.page}}
	other := &witness{pageClient: pageClient{scan: fresh, url: second.page}}
	other.snapshot(t) // the second server opens it before the first one writes
	require.NoError(t, ask(t.Context(), http.MethodPost, a.at("/edits"), a.edit()).want(http.StatusOK))
	require.NoError(t, ask(t.Context(), http.MethodPost, (&pageClient{scan: fresh, url: first.page}).at("/edits"), other.edit()).want(http.StatusOK))
	for _, refused := range []answer{
		ask(t.Context(), http.MethodPost, b.at("/edits"), b.edit()),
		ask(t.Context(), http.MethodPost, other.at("/edits"), other.edit()),
	} {
		require.NoError(t, refused.want(http.StatusConflict))
		require.Contains(t, string(refused.body), "another slmsam serve is using this folder")
	}
	require.Contains(t, string(ask(t.Context(), http.MethodGet, second.page+"/api/project", nil).body), "another slmsam serve")
	before := a.snapshot(t)
	first.kill()
	require.Equal(t, before.Set, b.snapshot(t).Set, "the second takes over where the first one ended")
}

// TestTwoWritersOfOneSlice checks that the second writer is refused and told who was first, and may write after having seen the
// first one's change.
func TestTwoWritersOfOneSlice(t *testing.T) {
	dir := t.TempDir()
	c := newScan(2, 32, 8)
	c.put(t, dir)
	k := &witness{pageClient: pageClient{scan: c, url: serve(t, dir, "--cache", "0").page}}
	edit := func(author string, base int) answer {
		e := k.edit()
		pix := k.plane()
		pix[len(author)] = 1
		e["author"], e["base"], e["plane"] = author, base, project.EncodePlane(pix)
		return ask(t.Context(), http.MethodPost, k.at("/edits"), e)
	}
	base := k.snapshot(t).Revision
	require.NoError(t, edit("anna", base).want(http.StatusOK))
	refused := edit("ben", base)
	require.NoError(t, refused.want(http.StatusConflict))
	require.Contains(t, string(refused.body), "anna has changed this in the meantime")
	require.NoError(t, edit("ben", k.snapshot(t).Revision).want(http.StatusOK))
}

// TestSlowAndHugeRequestsAreDropped holds connections open without finishing a header, and sends headers and files that are too
// large.
func TestSlowAndHugeRequestsAreDropped(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for ten seconds")
	}
	s := serve(t, t.TempDir(), "--max-voxels", "4096", "--max-total-voxels", "8192")
	var slow []net.Conn
	for _, server := range []string{s.page, s.nn, s.monai, s.snap} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(server, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
		require.NoError(t, err)
		slow = append(slow, conn)
		huge := ask(t.Context(), http.MethodGet, server+"/healthz", nil, "X-Huge", strings.Repeat("x", 1<<17))
		require.NoError(t, huge.want(http.StatusRequestHeaderFieldsTooLarge))
	}
	bomb := filepath.Join(t.TempDir(), "bomb.nii.gz")
	require.NoError(t, volume.WriteVolume(bomb, &volume.Volume{Dim: [3]int{256, 256, 64}, Data: make([]float32, 256*256*64), Geom: volume.NewGeometry([3]int{256, 256, 64}, [3]float64{1, 1, 1})}, volume.WriteOptions{}))
	file, err := os.ReadFile(bomb)
	require.NoError(t, err)
	require.Less(t, len(file), 32768, "the compressed file is within the limit")
	a := ask(t.Context(), http.MethodPost, s.page+"/api/volumes?name=bomb.nii.gz", file)
	require.NoError(t, a.want(http.StatusBadRequest))
	require.Contains(t, string(a.body), "more than the 4096")
	for _, conn := range slow {
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
		_, err = io.ReadAll(conn)
		require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "the server waits for a header that does not come")
		require.NoError(t, conn.Close())
	}
}

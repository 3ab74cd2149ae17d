package web

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// Limits on slow uploads. A client may pause for at most silence. After that time, it must also have sent minRate bytes
// per second on average, so that nobody can hold an upload open by sending a byte now and then.
const (
	silence = 60 * time.Second
	minRate = 1 << 10
)

// Body returns a reader of the request's body. Reading more than limit bytes returns an *http.MaxBytesError, and reading
// from a client that is too slow times out.
func Body(w http.ResponseWriter, r *http.Request, limit int64) io.Reader {
	return &body{r: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w), started: time.Now()}
}

type body struct {
	r       io.Reader
	control *http.ResponseController
	started time.Time
	read    int64
}

// deadline returns when the next bytes must have arrived.
func (b *body) deadline(now time.Time) time.Time {
	next := now.Add(silence)
	if late := b.started.Add(silence + time.Duration(b.read/minRate)*time.Second); late.Before(next) {
		return late
	}
	return next
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(b.deadline(time.Now())) // not every connection supports deadlines
	n, err := b.r.Read(p)
	b.read += int64(n)
	if err != nil {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// ReadAll reads a body of at most limit bytes. Memory is allocated as bytes arrive, not as the header promises.
func ReadAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	raw, err := io.ReadAll(Body(w, r, limit))
	if err != nil {
		return nil, Upload(err)
	}
	return raw, nil
}

// jsonLimit bounds JSON bodies, in bytes.
const jsonLimit = 1 << 20

// ReadJSON reads a JSON body into v. An empty body leaves v unchanged.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) error { return ReadJSONWith(w, r, 0, v) }

// ReadJSONWith is ReadJSON for a body that may contain, besides what fits every body, a text of the given number of bytes.
func ReadJSONWith(w http.ResponseWriter, r *http.Request, text int, v any) error {
	raw, err := ReadAll(w, r, jsonLimit+int64(text))
	if err != nil || len(raw) == 0 {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return annotate.Inputf("the body is not the expected JSON: %v", err)
	}
	return nil
}

// Upload turns an error that occurred while reading a body into an InputError: the client went away, or what it sent is
// broken. Errors of files on this machine are returned unchanged.
func Upload(err error) error {
	var large *http.MaxBytesError
	var input *annotate.InputError
	var file *fs.PathError
	if err == nil || errors.As(err, &large) || errors.As(err, &input) || errors.As(err, &file) {
		return err
	}
	return annotate.Inputf("the upload could not be read: %v", err)
}

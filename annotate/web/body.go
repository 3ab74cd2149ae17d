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

// What is asked of a client that uploads: it may leave an upload without a byte for the silence, and after that time must
// have sent so many bytes a second on average, so that nobody holds an upload open with a byte now and then.
const (
	silence   = 60 * time.Second
	leastRate = 1 << 10
)

// Body is the request's body, at most limit bytes of it (reading more is an *http.MaxBytesError), given up when
// the client stays silent for a minute or sends next to nothing.
func Body(w http.ResponseWriter, r *http.Request, limit int64) io.Reader {
	return &body{r: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w), started: time.Now()}
}

type body struct {
	r       io.Reader
	control *http.ResponseController
	started time.Time
	read    int64
}

// deadline is until when the next bytes must have come.
func (b *body) deadline(now time.Time) time.Time {
	next := now.Add(silence)
	if late := b.started.Add(silence + time.Duration(b.read/leastRate)*time.Second); late.Before(next) {
		return late
	}
	return next
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(b.deadline(time.Now())) // not every connection has deadlines
	n, err := b.r.Read(p)
	b.read += int64(n)
	if err != nil {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// ReadAll reads a body of at most limit bytes. Memory is taken as bytes come, not as the header promises.
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

// jsonLimit bounds bodies that are JSON.
const jsonLimit = 1 << 20

// ReadJSON reads a JSON body into v; an empty body leaves v as it is.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) error {
	raw, err := ReadAll(w, r, jsonLimit)
	if err != nil || len(raw) == 0 {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return annotate.Inputf("the body is not the expected JSON: %v", err)
	}
	return nil
}

// Upload turns an error of reading a body into the client's: it went away, sent too much or something broken.
// Errors of this machine's files stay what they are.
func Upload(err error) error {
	var large *http.MaxBytesError
	var input *annotate.InputError
	var file *fs.PathError
	if err == nil || errors.As(err, &large) || errors.As(err, &input) || errors.As(err, &file) {
		return err
	}
	return annotate.Inputf("the upload could not be read: %v", err)
}

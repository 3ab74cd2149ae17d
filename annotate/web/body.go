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

// silence is how long a client may leave an upload without a byte.
const silence = 60 * time.Second

// Body is the request's body, at most limit bytes of it (reading more is an *http.MaxBytesError), given up when
// the client stays silent for a minute.
func Body(w http.ResponseWriter, r *http.Request, limit int64) io.Reader {
	return &body{r: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w)}
}

type body struct {
	r       io.Reader
	control *http.ResponseController
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(silence)) // not every connection has deadlines
	n, err := b.r.Read(p)
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
		return annotate.Inputf("the body is not the JSON that is wanted here: %v", err)
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

package monailabel

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// textLimit bounds a text field of a form, in bytes.
const textLimit = 1 << 20

// upload is a file that a client sent. It is alone in its folder, so that a header that names another file finds none.
type upload struct {
	dir  string
	path string
	ext  string
	raw  bool // voxels without a header
}

// key is the key under which the upload's volume is open.
func (u *upload) key() string { return "upload " + u.path }

func (u *upload) remove() { _ = os.RemoveAll(u.dir) } // Close removes what is left

// form is a multipart body: texts and files, by field.
type form struct {
	texts map[string]string
	files map[string]*upload
}

// close removes the files that the form still owns.
func (f *form) close() {
	for _, u := range f.files {
		u.remove()
	}
}

// take makes the caller the owner of a file.
func (f *form) take(field string) *upload {
	u := f.files[field]
	delete(f.files, field)
	return u
}

// readForm reads a form. The fields that are named become files, which are written to disk as they arrive; all others are
// texts.
func (s *Server) readForm(w http.ResponseWriter, r *http.Request, files ...string) (*form, error) {
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return nil, annotate.ErrFull
	}
	const voxelBytes, overhead = 8, 8 << 20
	body := bufio.NewReader(web.Body(w, r, int64(len(files))*int64(s.backend.Limits().Voxels)*voxelBytes+overhead))
	boundary, err := boundaryOf(body, r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	parts := multipart.NewReader(body, boundary)
	f := &form{texts: map[string]string{}, files: map[string]*upload{}}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err == nil {
			err = s.readPart(f, part, files)
		}
		if err != nil {
			f.close()
			return nil, web.Upload(err)
		}
	}
}

// boundaryOf returns the boundary that the body starts with, rather than that of the header: once it has a token, MONAI
// Label's client repeats the Content-Type of its previous upload, with that one's boundary.
func boundaryOf(body *bufio.Reader, contentType string) (string, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return "", annotate.Inputf("the body is not a form: want multipart/form-data")
	}
	const longest = 2 + 70 + 2 // RFC 2046
	head, err := body.Peek(longest)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", web.Upload(err)
	}
	line, _, found := bytes.Cut(head, []byte("\r\n"))
	boundary, dashes := bytes.CutPrefix(line, []byte("--"))
	if !found || !dashes || len(boundary) == 0 {
		return "", annotate.Inputf("the body is not a form: it does not begin with a boundary")
	}
	return string(boundary), nil
}

// readPart adds a part to the form.
func (s *Server) readPart(f *form, part *multipart.Part, files []string) error {
	field := part.FormName()
	for _, name := range files {
		if field != name {
			continue
		}
		if f.files[field] != nil {
			return annotate.Inputf("the form has several files %q, want one", field)
		}
		u, err := s.store(part)
		if err != nil {
			return err
		}
		f.files[field] = u
		return nil
	}
	raw, err := io.ReadAll(io.LimitReader(part, textLimit+1))
	if err != nil {
		return err
	}
	if len(raw) > textLimit {
		return annotate.Inputf("the form's field %.40q is longer than %d bytes", field, textLimit)
	}
	const mostFields = 32
	if len(f.texts) < mostFields {
		f.texts[field] = string(raw)
	}
	return nil
}

// store writes a file part to disk. Only the extension of its name counts. A file without a known extension is taken for
// NIfTI, as MONAI Label's own server does.
func (s *Server) store(part *multipart.Part) (*upload, error) {
	dir, err := os.MkdirTemp(s.dir, "upload-")
	if err != nil {
		return nil, err
	}
	name := part.FileName()
	u := &upload{dir: dir, ext: folder.Extension(name), raw: filepath.Ext(name) == ".bin"}
	if u.ext == "" {
		u.ext = ".nii.gz"
	}
	u.path = filepath.Join(dir, "file"+u.ext)
	if u.raw {
		u.path = filepath.Join(dir, "file.bin")
	}
	if err := u.fill(part); err != nil {
		u.remove()
		return nil, err
	}
	return u, nil
}

func (u *upload) fill(r io.Reader) error {
	file, err := os.OpenFile(u.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, r)
	return errors.Join(err, file.Close())
}

// params reads the form's field params, a JSON object.
func (f *form) params() (map[string]any, error) {
	params := map[string]any{}
	text := f.texts["params"]
	if text == "" {
		return params, nil
	}
	if err := json.Unmarshal([]byte(text), &params); err != nil {
		return nil, annotate.Inputf("params is not a JSON object: %v", err)
	}
	if params == nil { // null
		params = map[string]any{}
	}
	return params, nil
}

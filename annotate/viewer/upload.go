package viewer

import (
	"io"
	"net/http"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// upload adds a volume.
func (s *server) upload(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength > s.options.UploadBytes {
		return &http.MaxBytesError{Limit: s.options.UploadBytes}
	}
	id, err := s.project.Add(r.URL.Query().Get("name"), web.Body(w, r, s.options.UploadBytes))
	if err != nil {
		return web.Upload(err)
	}
	web.JSON(w, http.StatusCreated, map[string]string{"id": id})
	return nil
}

// uploadSeries adds a DICOM series, whose files are the parts of a multipart body.
func (s *server) uploadSeries(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength > s.options.UploadBytes {
		return &http.MaxBytesError{Limit: s.options.UploadBytes}
	}
	r.Body = io.NopCloser(web.Body(w, r, s.options.UploadBytes))
	parts, err := r.MultipartReader()
	if err != nil {
		return annotate.Inputf("want the files of a DICOM series as multipart/form-data: %v", err)
	}
	id, err := s.project.AddSeries(r.URL.Query().Get("name"), func() (io.Reader, error) { return parts.NextPart() })
	if err != nil {
		return web.Upload(err)
	}
	web.JSON(w, http.StatusCreated, map[string]string{"id": id})
	return nil
}

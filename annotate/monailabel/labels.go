package monailabel

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

// tagOf returns the tag that a request names; final if it names none.
func tagOf(r *http.Request) string {
	if tag := r.URL.Query().Get("tag"); tag != "" {
		return tag
	}
	return folder.Final
}

// saveLabel saves a label map, which must be on its image's grid. Voxels without a header are saved as NIfTI.
func (s *Server) saveLabel(w http.ResponseWriter, r *http.Request) error {
	v, err := s.find(r.URL.Query().Get("image"))
	if err != nil {
		return err
	}
	f, err := s.readForm(w, r, "label")
	if err != nil {
		return err
	}
	defer f.close()
	u := f.files["label"]
	if u == nil {
		return annotate.Inputf("the form has no file %q", "label")
	}
	said, err := f.params()
	if err != nil {
		return err
	}
	image, err := s.folder.Read(v)
	if err != nil {
		return err
	}
	labels, err := s.readLabels(u, image)
	if err != nil {
		return err
	}
	path := u.path
	if u.raw {
		path = filepath.Join(u.dir, "label.nii.gz")
		if err := volume.WriteLabelMap(path, labels, volume.WriteOptions{}); err != nil {
			return err
		}
	}
	if err := s.folder.SaveLabel(v, tagOf(r), u.ext, path); err != nil {
		return err
	}
	if err := s.folder.SetInfo(v.ID, tagOf(r), said); err != nil {
		return err
	}
	if _, err := s.folder.ListReviewed(); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]string{"image": v.ID, "label": v.ID})
	return nil
}

// labelOf finds the label map that a request names. A label map's ID is that of its image.
func (s *Server) labelOf(r *http.Request) (folder.Volume, folder.LabelFile, error) {
	q := r.URL.Query()
	id := q.Get("label")
	for _, key := range []string{"id", "image"} {
		if id == "" {
			id = q.Get(key)
		}
	}
	v, err := s.find(id)
	if err != nil {
		return v, folder.LabelFile{}, err
	}
	l, err := s.folder.Label(v.ID, tagOf(r))
	return v, l, err
}

func (s *Server) getLabel(w http.ResponseWriter, r *http.Request) error {
	v, l, err := s.labelOf(r)
	if err != nil {
		return err
	}
	f, err := s.folder.OpenLabel(l)
	if err != nil {
		return err
	}
	defer f.Close()
	return web.File(w, f, v.ID+l.Ext)
}

func (s *Server) removeLabel(w http.ResponseWriter, r *http.Request) error {
	_, l, err := s.labelOf(r)
	if err != nil {
		return err
	}
	if err := s.folder.RemoveLabel(l); err != nil {
		return err
	}
	if _, err := s.folder.ListReviewed(); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

// infoOf finds what a request for information is about: an image or, if the path says so, a label map.
func (s *Server) infoOf(r *http.Request) (id, tag string, err error) {
	if strings.Contains(r.URL.Path, "/label/") {
		v, l, err := s.labelOf(r)
		return v.ID, l.Tag, err
	}
	v, err := s.find(r.URL.Query().Get("image"))
	return v.ID, "", err
}

func (s *Server) getInfo(w http.ResponseWriter, r *http.Request) error {
	id, tag, err := s.infoOf(r)
	if err != nil {
		return err
	}
	info, err := s.folder.Info(id, tag)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, info)
	return nil
}

// putInfo reads a form with the JSON field info.
func (s *Server) putInfo(w http.ResponseWriter, r *http.Request) error {
	id, tag, err := s.infoOf(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, textLimit)
	if err := r.ParseMultipartForm(textLimit); err != nil && err != http.ErrNotMultipart {
		return annotate.Inputf("the body is not a form: %v", err)
	}
	more := map[string]any{}
	if err := json.Unmarshal([]byte(r.FormValue("info")), &more); err != nil {
		return annotate.Inputf("info is not a JSON object: %v", err)
	}
	if err := s.folder.SetInfo(id, tag, more); err != nil {
		return err
	}
	info, err := s.folder.Info(id, tag)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, info)
	return nil
}

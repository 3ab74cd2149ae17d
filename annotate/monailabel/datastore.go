package monailabel

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

func (s *Server) datastoreRoutes() {
	s.handle("GET", "/datastore", s.listDatastore)
	for _, path := range []string{"/datastore", "/datastore/image"} {
		s.handle("PUT", path, s.addImage)
		s.handle("DELETE", path, s.removeImage)
	}
	s.handle("GET", "/datastore/image", s.getImage)
	s.handle("HEAD", "/datastore/image", s.checkImage)
	s.handle("GET", "/datastore/image/info", s.getInfo)
	s.handle("PUT", "/datastore/image/info", s.putInfo)
	s.handle("PUT", "/datastore/label", s.saveLabel)
	s.handle("GET", "/datastore/label", s.getLabel)
	s.handle("HEAD", "/datastore/label", s.getLabel)
	s.handle("DELETE", "/datastore/label", s.removeLabel)
	s.handle("GET", "/datastore/label/info", s.getInfo)
	s.handle("PUT", "/datastore/label/info", s.putInfo)
}

// find looks a volume up in the datastore.
func (s *Server) find(id string) (folder.Volume, error) {
	if s.folder == nil {
		return folder.Volume{}, notFound("the server was started without a folder, so it holds no images")
	}
	return s.folder.Find(id)
}

// status counts the datastore's images, and those among them that have a final label map.
func (s *Server) status() (total, completed int, err error) {
	if s.folder == nil {
		return 0, 0, nil
	}
	list, err := s.folder.Volumes()
	if err != nil {
		return 0, 0, err
	}
	for _, v := range list {
		if _, err := s.folder.Label(v.ID, folder.Final); err == nil {
			completed++
		}
	}
	return len(list), completed, nil
}

func (s *Server) listDatastore(w http.ResponseWriter, r *http.Request) error {
	switch r.URL.Query().Get("output") {
	case "all":
		return s.listAll(w)
	case "train":
		return s.listPairs(w)
	}
	total, completed, err := s.status()
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]any{"total": total, "completed": completed})
	return nil
}

// listPairs lists the images with a final label map.
func (s *Server) listPairs(w http.ResponseWriter) error {
	pairs := []map[string]string{}
	if s.folder != nil {
		list, err := s.folder.Volumes()
		if err != nil {
			return err
		}
		for _, v := range list {
			if _, err := s.folder.Label(v.ID, folder.Final); err == nil {
				pairs = append(pairs, map[string]string{"image": v.ID, "label": v.ID})
			}
		}
	}
	web.JSON(w, http.StatusOK, pairs)
	return nil
}

// listAll lists every image with its label maps and the information stored about them.
func (s *Server) listAll(w http.ResponseWriter) error {
	objects := map[string]any{}
	var list []folder.Volume
	var err error
	if s.folder != nil {
		if list, err = s.folder.Volumes(); err != nil {
			return err
		}
	}
	for _, v := range list {
		info, err := s.folder.Info(v.ID, "")
		if err != nil {
			return err
		}
		files, err := s.folder.Labels(v.ID)
		if err != nil {
			return err
		}
		labels := map[string]any{}
		for tag, l := range files {
			said, err := s.folder.Info(v.ID, tag)
			if err != nil {
				return err
			}
			labels[tag] = map[string]any{"ext": l.Ext, "info": said}
		}
		objects[v.ID] = map[string]any{"image": map[string]any{"ext": v.Ext, "info": info}, "labels": labels}
	}
	web.JSON(w, http.StatusOK, map[string]any{"name": "slmsam", "description": "", "objects": objects})
	return nil
}

func (s *Server) addImage(w http.ResponseWriter, r *http.Request) error {
	if s.folder == nil {
		return annotate.Inputf("the server was started without a folder: start it as slmsam serve FOLDER to keep images")
	}
	f, err := s.readForm(w, r, "file")
	if err != nil {
		return err
	}
	defer f.close()
	u := f.files["file"]
	id := r.URL.Query().Get("image")
	if u == nil || id == "" {
		return annotate.Inputf("want a file %q and the image's name, e.g. ?image=NAME", "file")
	}
	said, err := f.params()
	if err != nil {
		return err
	}
	if err := s.folder.Add(id, u.ext, u.path); err != nil {
		return err
	}
	if err := s.folder.SetInfo(id, "", said); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]string{"image": id})
	return nil
}

func (s *Server) removeImage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.find(r.URL.Query().Get("id"))
	if err != nil {
		return err
	}
	if err := s.folder.Remove(v); err != nil {
		return err
	}
	s.noteDoubts(v.ID, nil)
	if _, err := s.folder.ListReviewed(); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

// getImage sends an image's file as it is, or a DICOM series as one NIfTI file.
func (s *Server) getImage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.find(r.URL.Query().Get("image"))
	if err != nil {
		return err
	}
	if v.Ext == "" {
		return s.sendSeries(w, v)
	}
	f, name, err := s.folder.OpenFile(v)
	if err != nil {
		return err
	}
	defer f.Close()
	return web.File(w, f, name)
}

func (s *Server) sendSeries(w http.ResponseWriter, v folder.Volume) error {
	image, err := s.folder.Read(v)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.dir, "series-")
	if err != nil {
		return fmt.Errorf("send a series: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "series.nii.gz")
	if err := volume.WriteVolume(path, image, volume.WriteOptions{}); err != nil {
		return err
	}
	return sendFile(w, path, v.ID+".nii.gz")
}

// checkImage replies whether an image exists and, given a checksum, is the one the client has.
func (s *Server) checkImage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.find(r.URL.Query().Get("image"))
	if err != nil {
		return err
	}
	if want := r.URL.Query().Get("check_sum"); want != "" && v.Ext != "" {
		got, err := s.folder.SHA256(v)
		if err != nil {
			return err
		}
		if !strings.EqualFold(strings.TrimPrefix(want, "SHA256:"), got) {
			return notFound("the image is a different one")
		}
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

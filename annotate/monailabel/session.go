package monailabel

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// createSession stores an image that is not in the datastore while a client works on it.
func (s *Server) createSession(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readForm(w, r, "files")
	if err != nil {
		return err
	}
	defer f.close()
	if f.files["files"] == nil {
		return annotate.Inputf("the form has no file %q", "files")
	}
	if _, err := folder.ReadVolume(f.files["files"].path, s.backend.Limits().Voxels); err != nil {
		return err
	}
	u := f.take("files")
	c, err := s.leases.Claim(u)
	if err != nil {
		u.remove()
		return err
	}
	web.JSON(w, http.StatusOK, map[string]any{"session_id": c.Token, "session_info": s.sessionInfo(c.Token, u)})
	return nil
}

// sessionInfo describes a session, without the image's path, which clients do not need.
func (s *Server) sessionInfo(id string, u *upload) map[string]any {
	now := time.Now().Unix()
	return map[string]any{"name": id, "path": "", "image": "image" + u.ext, "meta": map[string]any{}, "create_ts": now,
		"last_access_ts": now, "expiry": int(s.leases.Idle.Seconds())}
}

// inSession runs f with the image of a session, which does not end in the meantime.
func (s *Server) inSession(ctx context.Context, id string, f func(context.Context, *upload) error) error {
	known, err := s.leases.With(ctx, id, f)
	if !known {
		return notFound("the session has ended or never existed")
	}
	return err
}

func (s *Server) getSession(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	return s.inSession(r.Context(), id, func(_ context.Context, u *upload) error {
		if r.URL.Query().Get("image") == "true" {
			return sendFile(w, u.path, "image"+u.ext)
		}
		web.JSON(w, http.StatusOK, s.sessionInfo(id, u))
		return nil
	})
}

func (s *Server) removeSession(w http.ResponseWriter, r *http.Request) error {
	if !s.leases.Release(r.PathValue("id")) {
		return notFound("the session has ended or never existed")
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

package monailabel

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// task is a training as the clients see it.
type task struct {
	ID       string    `json:"id"`
	Category string    `json:"category"`
	Status   string    `json:"status"` // RUNNING, DONE or ERROR
	Start    time.Time `json:"start_ts"`
	End      time.Time `json:"end_ts,omitzero"`
	Done     int       `json:"done"`
	Total    int       `json:"total"`
	Details  []string  `json:"details"`
}

// tasks is the training that runs or ran last.
type tasks struct {
	ctx context.Context // of the server

	mu     sync.Mutex
	last   *task
	cancel context.CancelFunc
}

// cases are the images with a final label map.
func (s *Server) cases() ([]annotate.Case, error) {
	if s.folder == nil {
		return nil, nil
	}
	list, err := s.folder.Volumes()
	if err != nil {
		return nil, err
	}
	var cases []annotate.Case
	for _, v := range list {
		l, err := s.folder.Label(v.ID, folder.Final)
		if errors.Is(err, folder.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		image, label := s.folder.Paths(v, l)
		cases = append(cases, annotate.Case{ID: v.ID, Image: image, Label: label})
	}
	return cases, nil
}

func (s *Server) train(w http.ResponseWriter, r *http.Request) error {
	if name := r.PathValue("model"); s.trainer == nil || name != "" && name != scribbleModel {
		return notFound("no such trainer: see trainers in /info/")
	}
	var ignored map[string]any // the plugin sends its settings; there are none
	if err := web.ReadJSON(w, r, &ignored); err != nil {
		return err
	}
	cases, err := s.cases()
	if err != nil {
		return err
	}
	if len(cases) == 0 {
		return annotate.Inputf("nothing to learn from: submit a label map first")
	}
	t, err := s.tasks.start(s.trainer, cases)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, t)
	return nil
}

// start trains in the background; only one training at a time.
func (t *tasks) start(trainer annotate.Trainer, cases []annotate.Case) (task, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != nil && t.last.Status == "RUNNING" {
		return task{}, &statusError{http.StatusTooManyRequests, "a training is running: wait, or stop it"}
	}
	ctx, cancel := context.WithCancel(t.ctx)
	now := time.Now().UTC()
	running := &task{ID: now.Format("20060102T150405.000000"), Category: "train", Status: "RUNNING", Start: now, Details: []string{}}
	t.last, t.cancel = running, cancel
	go func() {
		defer cancel()
		err := trainer.Train(ctx, cases, func(done, total int) {
			t.mu.Lock()
			defer t.mu.Unlock()
			running.Done, running.Total = done, total
		})
		t.mu.Lock()
		defer t.mu.Unlock()
		running.Status, running.End = "DONE", time.Now().UTC()
		if err != nil {
			running.Status = "ERROR"
			running.Details = append(running.Details, err.Error())
		}
	}()
	return *running, nil
}

// trainStatus is 404 for a client that asks whether something is running when nothing is.
func (s *Server) trainStatus(w http.ResponseWriter, r *http.Request) error {
	s.tasks.mu.Lock()
	defer s.tasks.mu.Unlock()
	last := s.tasks.last
	if last == nil || r.URL.Query().Get("check_if_running") == "true" && last.Status != "RUNNING" {
		return notFound("no training is running")
	}
	web.JSON(w, http.StatusOK, last)
	return nil
}

func (s *Server) trainStop(w http.ResponseWriter, _ *http.Request) error {
	s.tasks.mu.Lock()
	defer s.tasks.mu.Unlock()
	if s.tasks.cancel != nil {
		s.tasks.cancel()
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

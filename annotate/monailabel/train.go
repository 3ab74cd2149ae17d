package monailabel

import (
	"errors"
	"net/http"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// task is a training run as clients see it.
type task struct {
	ID       string    `json:"id"`
	Category string    `json:"category"`
	Status   string    `json:"status"` // RUNNING, DONE or ERROR
	Start    time.Time `json:"start_ts"`
	End      time.Time `json:"end_ts,omitzero"`
	Part     float64   `json:"part"` // share of the work done, 0 to 1
	Left     float64   `json:"seconds_left"`
	Before   *float64  `json:"dsc_before,omitempty"`
	Best     *float64  `json:"dsc_best,omitempty"`
	Details  []string  `json:"details"`
}

// taskOf describes a training run to clients.
func taskOf(t annotate.Training) task {
	status := map[annotate.TrainingState]string{annotate.TrainingRuns: "RUNNING", annotate.TrainingDone: "DONE"}[t.State]
	if status == "" {
		status = "ERROR"
	}
	return task{ID: t.ID, Category: "train", Status: status, Start: t.Started, End: t.Ended, Part: t.Part, Left: t.Left,
		Before: t.Before, Best: t.Best, Details: []string{t.Text}}
}

func (s *Server) train(w http.ResponseWriter, r *http.Request) error {
	if name := r.PathValue("model"); s.trainer == nil || name != "" && name != scribbleModel {
		return notFound("no such trainer: see trainers in /info/")
	}
	var ignored map[string]any // plugins send settings; this server has none
	if err := web.ReadJSON(w, r, &ignored); err != nil {
		return err
	}
	t, err := s.trainer.Start(0)
	if errors.Is(err, annotate.ErrTraining) {
		return &statusError{http.StatusTooManyRequests, err.Error()}
	}
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, taskOf(t))
	return nil
}

// trainStatus replies with the training run, or with 404 if the client asks whether one is running and none is.
func (s *Server) trainStatus(w http.ResponseWriter, r *http.Request) error {
	var t annotate.Training
	known := false
	if s.trainer != nil {
		t, known = s.trainer.Last()
	}
	if !known || r.URL.Query().Get("check_if_running") == "true" && t.State != annotate.TrainingRuns {
		return notFound("training is not running")
	}
	web.JSON(w, http.StatusOK, taskOf(t))
	return nil
}

func (s *Server) trainStop(w http.ResponseWriter, _ *http.Request) error {
	if s.trainer != nil {
		s.trainer.Stop()
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

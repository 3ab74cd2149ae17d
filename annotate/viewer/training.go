package viewer

import (
	"archive/zip"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// training replies with the state of the training run and the available weights.
func (s *server) training(w http.ResponseWriter, _ *http.Request) error {
	weights, serving, err := s.options.Learner.List()
	if err != nil {
		return err
	}
	reply := struct {
		Training *annotate.Training `json:"training,omitempty"`
		Weights  []learn.Weights    `json:"weights"`
		Serving  string             `json:"serving"`
	}{Weights: weights, Serving: serving}
	if t, ok := s.options.Learner.Last(); ok {
		reply.Training = &t
	}
	web.JSON(w, http.StatusOK, reply)
	return nil
}

// maxMinutes bounds the time limit of a training run.
const maxMinutes = 7 * 24 * 60

// train starts a training run.
func (s *server) train(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Minutes float64 `json:"minutes"`
	}
	if err := web.ReadJSON(w, r, &ask); err != nil {
		return err
	}
	if !(ask.Minutes >= 0 && ask.Minutes <= maxMinutes) {
		return annotate.Inputf("minutes to train: want 1 to %d, or 0 to derive it from the number of volumes", maxMinutes)
	}
	t, err := s.options.Learner.Start(time.Duration(ask.Minutes * float64(time.Minute)))
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusAccepted, t)
	return nil
}

func (s *server) stopTraining(w http.ResponseWriter, _ *http.Request) error {
	s.options.Learner.Stop()
	web.JSON(w, http.StatusOK, map[string]bool{"stopped": true})
	return nil
}

// serve changes the weights in use.
func (s *server) serve(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		ID string `json:"id"`
	}
	if err := web.ReadJSON(w, r, &ask); err != nil {
		return err
	}
	err := s.options.Learner.Serve(ask.ID)
	if errors.Is(err, folder.ErrUnknown) {
		web.Detail(w, http.StatusNotFound, "no such weights: see the list")
		return nil
	}
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]string{"serving": ask.ID})
	return nil
}

// dataset replies with the reviewed volumes as a zip file, which does not compress its members again.
func (s *server) dataset(w http.ResponseWriter, _ *http.Request) error {
	set, err := s.project.Dataset()
	if err != nil {
		return err
	}
	web.Attach(w, "application/zip", set.Name+".zip")
	z := zip.NewWriter(w)
	err = set.Write(func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: time.Now()})
	})
	if err != nil { // too late for another status: abort, so that the client does not take a part for the whole
		s.options.Log.Error("the training set could not be sent completely", "error", err)
		panic(http.ErrAbortHandler)
	}
	_ = z.Close() // fails only if the client is gone
	return nil
}

package monailabel

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// slowTrainer is a trainer whose second training runs until it is stopped; the first one has nothing to learn from.
type slowTrainer struct{ last *annotate.Training }

func (s *slowTrainer) Start(time.Duration) (annotate.Training, error) {
	switch {
	case s.last == nil:
		s.last = &annotate.Training{State: annotate.TrainingStopped}
		return annotate.Training{}, annotate.Inputf("nothing to learn from")
	case s.last.State == annotate.TrainingRuns:
		return annotate.Training{}, annotate.ErrTraining
	}
	s.last = &annotate.Training{ID: "1", State: annotate.TrainingRuns, Part: 0.1, Text: "step 1"}
	return *s.last, nil
}

func (s *slowTrainer) Stop() { s.last.State = annotate.TrainingStopped }

func (s *slowTrainer) Last() (annotate.Training, bool) {
	if s.last == nil {
		return annotate.Training{}, false
	}
	return *s.last, true
}

// TestTraining starts, watches and stops a training, and checks what clients are told in each state.
func TestTraining(t *testing.T) {
	c := start(t, &slowTrainer{})
	require.Contains(t, c.must(http.MethodGet, "/info/", "", nil)["trainers"], "slmsam")
	resp, _ := c.do(http.MethodGet, "/train/", "", nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	resp, _ = c.do(http.MethodPost, "/train/slmsam", "application/json", []byte("{}"))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "nothing to learn from")

	require.Equal(t, "RUNNING", c.must(http.MethodPost, "/train/slmsam", "application/json", []byte(`{"max_epochs":1}`))["status"])
	resp, _ = c.do(http.MethodPost, "/train/", "application/json", nil)
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	running := c.must(http.MethodGet, "/train/?check_if_running=true", "", nil)
	require.Equal(t, "RUNNING", running["status"])
	require.EqualValues(t, 0.1, running["part"])
	c.must(http.MethodDelete, "/train/", "", nil)
	require.Equal(t, "ERROR", c.must(http.MethodGet, "/train/", "", nil)["status"])
	resp, _ = c.do(http.MethodGet, "/train/?check_if_running=true", "", nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}

// TestDoubtfulImagesComeFirst checks that the strategy "doubtful" offers the image whose last result has doubtful
// slices, and says which slice.
func TestDoubtfulImagesComeFirst(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(12, 20, 22)
	c.upload("a", v)
	c.upload("b", v)
	require.Empty(t, c.must(http.MethodPost, "/activelearning/doubtful", "application/json", nil))
	c.infer("slmsam?image=b", scribbleParams(), file{"label", "x.nrrd", labelFile(t, ".nrrd", square(v, 3, 5, 8, 12))})
	next := c.must(http.MethodPost, "/activelearning/doubtful", "application/json", nil)
	require.Equal(t, "b", next["id"])
	require.EqualValues(t, 2, next["slice"], "the last slice that the outline was copied to")
}

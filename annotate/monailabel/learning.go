package monailabel

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// strategies are the ways to choose what an annotator should look at next.
var strategies = map[string]string{
	"first":    "the next image without a submitted label map",
	"random":   "any image without a submitted label map",
	"doubtful": "the image whose last result has the most doubtful slices; slice says where to look first",
}

// info replies with what plugins show and choose from. There is no key "config" at the top level, which would make
// Slicer's plugin ask for an upgrade.
func (s *Server) info(w http.ResponseWriter, _ *http.Request) error {
	total, completed, err := s.status()
	if err != nil {
		return err
	}
	describe := func(text string) map[string]any {
		return map[string]any{"description": text, "labels": []string{label}, "config": struct{}{}}
	}
	model := func(kind, text string) map[string]any {
		m := describe(text)
		m["type"], m["dimension"] = kind, 3
		return m
	}
	trainers, chosen := map[string]any{}, map[string]any{}
	if s.trainer != nil {
		trainers[scribbleModel] = describe("fine-tune on the submitted label maps")
	}
	for name, text := range strategies {
		chosen[name] = map[string]string{"description": text}
	}
	web.JSON(w, http.StatusOK, map[string]any{
		"name": "slmsam", "description": "Propagates an outline on one slice through the volume", "version": "0.8.5",
		"labels": []string{label},
		"models": map[string]any{
			scribbleModel: model("scribbles", "Propagates a painted slice through the volume"),
			clickModel:    model("deepgrow", "Propagates a clicked structure through the volume"),
			guessModel:    model("segmentation", "Guesses, as a start to correct: whatever is in the middle of the volume"),
		},
		"trainers": trainers, "strategies": chosen, "scoring": struct{}{}, "train_stats": struct{}{},
		"datastore": map[string]int{"total": total, "completed": completed},
	})
	return nil
}

// doubts holds the doubtful slices in the last result for each image.
type doubts struct {
	mu      sync.Mutex
	byImage map[string][]annotate.Doubt
}

// noteDoubts records which slices are doubtful in the latest result for an image of the datastore.
func (s *Server) noteDoubts(id string, found []annotate.Doubt) {
	if id == "" {
		return
	}
	s.doubts.mu.Lock()
	defer s.doubts.mu.Unlock()
	if s.doubts.byImage == nil {
		s.doubts.byImage = map[string][]annotate.Doubt{}
	}
	s.doubts.byImage[id] = found
}

// nextSample replies with an image, or with nothing if none is left. It does not reveal the image's path: a client on
// another machine could not use it, and one on this machine can download the image as quickly.
func (s *Server) nextSample(w http.ResponseWriter, r *http.Request) error {
	strategy := r.PathValue("strategy")
	if strategies[strategy] == "" {
		return notFound("no such strategy: want first, random or doubtful")
	}
	open, err := s.unfinished()
	if err != nil {
		return err
	}
	reply := map[string]any{}
	at := 0
	switch strategy {
	case "random":
		at = rand.IntN(max(1, len(open)))
	case "doubtful":
		var worst []annotate.Doubt
		if at, worst = s.mostDoubtful(open); worst == nil {
			open = nil
		} else {
			reply["slice"], reply["axis"], reply["reason"] = worst[0].Slice, worst[0].Axis, worst[0].Reason
		}
	}
	if len(open) == 0 {
		web.JSON(w, http.StatusOK, struct{}{})
		return nil
	}
	v := open[at]
	reply["id"], reply["name"] = v.ID, v.ID+v.Ext
	if v.Ext != "" {
		sum, err := s.folder.SHA256(v)
		if err != nil {
			return err
		}
		reply["checksum"] = "SHA256:" + sum
	}
	web.JSON(w, http.StatusOK, reply)
	return nil
}

// unfinished lists the images without a final label map.
func (s *Server) unfinished() ([]folder.Volume, error) {
	if s.folder == nil {
		return nil, nil
	}
	list, err := s.folder.Volumes()
	if err != nil {
		return nil, err
	}
	var open []folder.Volume
	for _, v := range list {
		if _, err := s.folder.Label(v.ID, folder.Final); errors.Is(err, folder.ErrUnknown) {
			open = append(open, v)
		} else if err != nil {
			return nil, err
		}
	}
	return open, nil
}

// mostDoubtful returns the image with the most doubtful slices, and these.
func (s *Server) mostDoubtful(list []folder.Volume) (at int, worst []annotate.Doubt) {
	s.doubts.mu.Lock()
	defer s.doubts.mu.Unlock()
	for i, v := range list {
		if found := s.doubts.byImage[v.ID]; len(found) > len(worst) {
			at, worst = i, found
		}
	}
	return at, worst
}

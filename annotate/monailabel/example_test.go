package monailabel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http/httptest"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/monailabel"
	"github.com/seed-6f79f512/slmsam/volume"
)

// full has no room for a session. A real backend comes from session.New.
type full struct{}

func (full) Open(*volume.Volume) (annotate.Session, error) { return nil, annotate.ErrFull }
func (full) Limits() annotate.Limits                       { return annotate.Limits{} }

// A server is an http.Handler over a backend, to be wrapped in a web.Guard. 3D Slicer and OHIF ask for the models first.
func ExampleNew() {
	server, err := monailabel.New(context.Background(), full{}, monailabel.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	reply := httptest.NewRecorder()
	server.ServeHTTP(reply, httptest.NewRequest("GET", "/info/", nil))
	var info struct {
		Models map[string]struct{ Type string }
	}
	if err := json.NewDecoder(reply.Body).Decode(&info); err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Models["slmsam"].Type, info.Models["slmsam_click"].Type)
	// Output: scribbles deepgrow
}

package viewer_test

import (
	"fmt"
	"log"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/viewer"
)

// The page is an http.Handler over a project, to be wrapped in a web.Guard.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "slmsam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	served, err := folder.Open(dir, annotatetest.Limits.Voxels)
	if err != nil {
		log.Fatal(err)
	}
	defer served.Close()
	quiet := slog.New(slog.DiscardHandler)
	p, err := project.Open(served, annotatetest.Copier{}, annotatetest.Limits, quiet)
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()

	page := viewer.New(p, viewer.Options{UploadBytes: 1 << 20, Log: quiet})
	reply := httptest.NewRecorder()
	page.ServeHTTP(reply, httptest.NewRequest("GET", "/", nil))
	fmt.Println(reply.Code, strings.Contains(reply.Body.String(), "<title>slmsam"))
	// Output: 200 true
}

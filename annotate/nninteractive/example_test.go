package nninteractive_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/nninteractive"
)

// A server is an http.Handler over a backend, to be wrapped in a web.Guard. A client first asks whether a server is there.
func ExampleNew() {
	server := nninteractive.New(context.Background(), annotatetest.Full{}, nninteractive.Options{Log: slog.New(slog.DiscardHandler)})
	reply := httptest.NewRecorder()
	server.ServeHTTP(reply, httptest.NewRequest("GET", "/healthz", nil))
	fmt.Println(reply.Code, reply.Body)
	// Output: 200 {"ok":true}
}

package itksnap_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/itksnap"
)

// A server is an http.Handler over a backend, to be wrapped in a web.Guard. ITK-SNAP asks for the models first.
func ExampleNew() {
	server := itksnap.New(context.Background(), annotatetest.Full{}, itksnap.Options{Log: slog.New(slog.DiscardHandler)})
	reply := httptest.NewRecorder()
	server.ServeHTTP(reply, httptest.NewRequest("GET", "/v2/models", nil))
	fmt.Println(reply.Code, reply.Body)
	// Output: 200 {"models":[{"channels":[1],"dimensions":3,"id":"slmsam","interactions":["point","scribble","lasso"]}]}
}

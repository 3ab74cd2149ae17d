package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// A guard in front of a server demands the token and refuses web pages from elsewhere.
func ExampleGuard() {
	guard := web.Guard{Token: "secret", Name: "example", Log: slog.New(slog.DiscardHandler)}
	server := guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		web.JSON(w, http.StatusOK, "hello")
	}))
	for _, token := range []string{"", "secret"} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8080/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		reply := httptest.NewRecorder()
		server.ServeHTTP(reply, r)
		fmt.Println(reply.Code)
	}
	// Output:
	// 401
	// 200
}

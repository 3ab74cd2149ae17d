package viewer

import (
	"net/http"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/stretchr/testify/require"
)

// TestThePageIsGuarded checks that only the page's own files are served without a token, and that foreign hosts and
// origins are refused.
func TestThePageIsGuarded(t *testing.T) {
	p := start(t, web.Guard{Token: "sesame"})
	for path := range pages() {
		if path == "/{$}" {
			path = "/"
		}
		status, _ := p.ask("GET", path, nil, "Authorization", "")
		require.Equal(t, 200, status, path)
	}
	status, _ := p.ask("GET", "/api/project", nil, "Authorization", "")
	require.Equal(t, 401, status)
	status, _ = p.ask("GET", "/metrics", nil, "Authorization", "")
	require.Equal(t, 401, status)
	p.ok(200, "GET", "/api/project", nil)
	status, _ = p.ask("GET", "/api/project", nil, "Host", "evil.example")
	require.Equal(t, 403, status, "a rebound name")
	status, _ = p.ask("POST", scan+"/edits", drawn(1, 2, 2), "Origin", "https://evil.example")
	require.Equal(t, 403, status, "a page from elsewhere")
}

// TestThePageLoadsNothingFromElsewhere checks the content security policy, and that the page's libraries and their
// licenses are served from here.
func TestThePageLoadsNothingFromElsewhere(t *testing.T) {
	p := start(t, web.Guard{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	answer.Body.Close()
	require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'self'")
	require.Contains(t, answer.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	_, plain := p.ask("GET", "/static/niivue.js", nil, "Accept-Encoding", "identity")
	require.Greater(t, len(plain), 1<<20, "unpacked for clients that do not accept gzip")
	require.Contains(t, string(p.ok(200, "GET", "/static/licenses.txt", nil)), "Copyright (c) 2021, Niivue")
}

package web

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Guard checks every request before a server handles it.
type Guard struct {
	Token     string        // required as "Authorization: Bearer TOKEN"; empty: not required
	Hosts     []string      // names that clients may use for this machine, besides IP addresses and localhost
	Origins   []string      // web pages that may send requests, such as "https://viewer.example"; "*" allows every page
	Local     bool          // pages from servers on loopback may send requests, too
	Tokenless []string      // paths that need no token, such as "/healthz"
	Name      string        // of the server, for the metrics
	Metrics   *Metrics      // nil: nothing is counted
	patience  time.Duration // how long a client may pause while it reads a reply; 0: replyTime
	Log       *slog.Logger  // gets method, route, status and time of each request at debug level, panics as errors
}

// Wrap returns a handler that checks requests before it passes them to h. If h panics, the client gets status 500 or, if
// the reply has begun, an aborted connection, so that it does not take half a reply for a whole one.
func (g Guard) Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), patience: cmp.Or(g.patience, replyTime)}
		g.Metrics.begin(g.Name)
		defer func() {
			defer func() { g.Metrics.end(g.Name, rec.status, time.Since(started)) }()
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				g.Log.Error("fault in a request", "route", r.Pattern, "fault", fault, "stack", string(debug.Stack()))
				if rec.status != 0 {
					panic(http.ErrAbortHandler)
				}
				Detail(rec, http.StatusInternalServerError, "internal error")
			}
			rec.wait(time.Time{})
			if rec.status >= http.StatusBadRequest && takesBody(r) {
				drain(rec, r)
			}
			g.Log.Debug("request", "method", r.Method, "route", r.Pattern, "status", rec.status, "time", time.Since(started))
		}()
		if g.admit(rec, r) {
			h.ServeHTTP(rec, r)
		}
	})
}

// admit reports whether a request may proceed. If not, it has replied.
func (g Guard) admit(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !takesBody(r) && r.ContentLength != 0 {
		// Once it has a token, MONAI Label's client repeats the Content-Length of its last upload in requests without a
		// body. Closing the connection avoids waiting for a body that never arrives.
		w.Header().Set("Connection", "close")
	}
	w.Header().Add("Vary", "Origin")
	if !g.hostAllowed(r.Host) {
		Detail(w, http.StatusForbidden, "this server does not know the name in the Host header; start it with --allow-host to add a name")
		return false
	}
	origin := r.Header.Get("Origin")
	switch {
	case origin != "" && !g.originAllowed(origin, r):
		Detail(w, http.StatusForbidden, "requests from this web page are not allowed; start the server with --allow-origin to add a page")
		return false
	case origin == "" && crossSite(r):
		Detail(w, http.StatusForbidden, "requests from other websites are not allowed")
		return false
	case origin != "":
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Content-Disposition, X-Meta")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Lease-Token, X-Meta")
			w.Header().Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return false
		}
	}
	if g.Token != "" && !slices.Contains(g.Tokenless, r.URL.Path) && !g.TokenIs(bearer(r)) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		Detail(w, http.StatusUnauthorized, "a token is needed: Authorization: Bearer TOKEN")
		return false
	}
	return true
}

// takesBody reports whether a request may have a body.
func takesBody(r *http.Request) bool {
	return r.Method == http.MethodPost || r.Method == http.MethodPut
}

// hostAllowed accepts IP addresses (DNS cannot forge these), localhost, and the configured names.
func (g Guard) hostAllowed(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name == "localhost" || slices.ContainsFunc(g.Hosts, func(s string) bool { return strings.EqualFold(s, name) })
}

// originAllowed accepts the server's own pages, the configured ones and, with Local, pages from loopback.
func (g Guard) originAllowed(origin string, r *http.Request) bool {
	if slices.Contains(g.Origins, "*") || slices.Contains(g.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" { // including "null", which a sandboxed page or a local file sends
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || g.Local && isLoopback(u.Hostname())
}

// crossSite reports whether another website caused a request that has no Origin: for a picture, script or frame. Following
// a link is allowed.
func crossSite(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// bearer returns the token of a request.
func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// TokenIs compares a token with the guard's in constant time.
func (g Guard) TokenIs(token string) bool {
	a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(g.Token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// isLoopback reports whether a host is this machine itself.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Limits on how much of a body is read after an error reply: some clients read the reply only once they have sent
// everything.
const (
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

func drain(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") != "" { // the client waits for a go-ahead before it sends the body
		return
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
	_ = control.SetReadDeadline(time.Time{})
}

// replyTime is how long a client may pause while it reads a reply.
const replyTime = 2 * time.Minute

// recorder records a reply's status, and gives up on a client that does not read its reply, which frees what the request
// holds.
type recorder struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	status   int
}

// wait sets the time by which the client must have read what is written.
func (r *recorder) wait(until time.Time) {
	_ = r.control.SetWriteDeadline(until) // not every connection supports deadlines
}

func (r *recorder) WriteHeader(status int) {
	if status >= 200 && r.status == 0 {
		r.status = status
	}
	r.wait(time.Now().Add(r.patience)) // an interim reply is sent at once
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (n int, err error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	const piece = 256 << 10 // each piece has its own deadline, so that a slow client can read a large reply
	for first := true; err == nil && (first || n < len(b)); first = false {
		r.wait(time.Now().Add(r.patience))
		var k int
		k, err = r.ResponseWriter.Write(b[n:min(len(b), n+piece)])
		n += k
	}
	return n, err
}

// Unwrap gives http.ResponseController access to the underlying writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

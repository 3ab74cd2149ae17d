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

// Guard looks at every request before a server does.
type Guard struct {
	Token     string        // demanded as "Authorization: Bearer TOKEN"; empty: none
	Hosts     []string      // names by which clients may call this machine, besides IP addresses and localhost
	Origins   []string      // web pages that may send requests, as "https://viewer.example"; "*" is every page
	Local     bool          // pages from servers on loopback may send requests too
	Tokenless []string      // paths that need no token, as "/healthz"
	Name      string        // of the server, in the metrics
	Metrics   *Metrics      // nil: none
	patience  time.Duration // of a reply with a client that does not read it; 0: two minutes
	Log       *slog.Logger  // method, route, status and time of each request at debug level, faults as errors
}

// Wrap returns h behind the guard.
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
				if rec.status == 0 {
					Detail(rec, http.StatusInternalServerError, "internal error")
				}
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

// admit says whether a request may go on; if not, it has been answered.
func (g Guard) admit(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !takesBody(r) && r.ContentLength != 0 {
		// MONAI Label's client repeats, once it has a token, the length of its last upload in requests without a
		// body: do not wait for it.
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

// takesBody says whether a request may have a body.
func takesBody(r *http.Request) bool {
	return r.Method == http.MethodPost || r.Method == http.MethodPut
}

// hostAllowed accepts IP addresses, which no DNS answer can forge, localhost, and the names that were given.
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

// originAllowed accepts the server's own pages, those that were given and, with Local, those from loopback.
func (g Guard) originAllowed(origin string, r *http.Request) bool {
	if slices.Contains(g.Origins, "*") || slices.Contains(g.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" { // "null" too: a sandboxed page or a file
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || g.Local && isLoopback(u.Hostname())
}

// crossSite is what browsers say of requests that bear no Origin: pictures, scripts and frames of other sites. A
// link that the user followed is none of these.
func crossSite(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// bearer is the token of a request.
func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// TokenIs compares in constant time.
func (g Guard) TokenIs(token string) bool {
	a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(g.Token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// isLoopback says whether a host is this machine itself.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// What is read of a body after an error, at most: clients that send without listening see the answer only when
// all is sent.
const (
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

func drain(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") != "" { // it waits to be told to send
		return
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
	_ = control.SetReadDeadline(time.Time{})
}

// replyTime is how long a client may leave a reply without reading on.
const replyTime = 2 * time.Minute

// recorder notes a reply's status, and gives up a client that does not read: what its request holds becomes free.
type recorder struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	status   int
}

// wait sets until when what is written must have been taken.
func (r *recorder) wait(until time.Time) {
	_ = r.control.SetWriteDeadline(until) // not every connection has deadlines
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
	const piece = 256 << 10 // has a time of its own, so that a slow client gets a large reply
	for first := true; err == nil && (first || n < len(b)); first = false {
		r.wait(time.Now().Add(r.patience))
		var k int
		k, err = r.ResponseWriter.Write(b[n:min(len(b), n+piece)])
		n += k
	}
	return n, err
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Listen opens addr ("127.0.0.1:8080", ":8080"). Beyond loopback it refuses unless safe says that a token is
// demanded, or that a proxy stands in front which does.
func Listen(addr string, safe bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: want HOST:PORT, such as 127.0.0.1:8080", addr)
	}
	if !safe && !isLoopback(host) {
		return nil, fmt.Errorf("listen on %s: anyone who can reach this machine could read and change its volumes: "+
			"pass --token, or --behind-proxy if a proxy authenticates users", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (is another server running there? choose another port)", addr, errors.Unwrap(err))
	}
	return l, nil
}

// Times of a server. A header that does not come is given up soon; bodies have a limit of their own (Body), and
// replies may take as long as a propagation does.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	graceTime  = 5 * time.Second
)

// Serve answers requests on l until ctx ends, then lets running ones finish for a few seconds.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	// requests end with the server
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: 1 << 16,
		BaseContext: func(net.Listener) context.Context { return base }}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(base, graceTime)
	defer stop()
	if s.Shutdown(grace) != nil {
		cancel()
		return s.Close()
	}
	return nil
}

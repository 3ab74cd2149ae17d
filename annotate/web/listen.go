package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Listen listens on addr ("127.0.0.1:8080", ":8080"). Unless safe is set, which says that a token or a proxy protects the
// server, only loopback addresses are allowed.
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

// Timeouts of a server. Bodies have their own (see Body), and replies may take as long as a propagation does.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	graceTime  = 5 * time.Second
)

// Serve handles requests on l until ctx ends, then gives running requests a few seconds to finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	// the context of requests, which outlives ctx by the grace period
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

package web

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Metrics counts requests, for Prometheus. The zero value has counted none; nil counts nothing.
type Metrics struct {
	mu      sync.Mutex
	done    map[answer]count
	running map[string]int
	gauges  []gauge
}

// answer is what requests are counted by: the server, and the first digit of the status.
type answer struct {
	server string
	class  int
}

type count struct {
	requests int
	seconds  float64
}

// gauge is a number that is read when somebody asks.
type gauge struct {
	name, help string
	read       func() int
}

// Gauge adds a number to the metrics.
func (m *Metrics) Gauge(name, help string, read func() int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gauges = append(m.gauges, gauge{name, help, read})
}

// begin counts a request as running.
func (m *Metrics) begin(server string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == nil {
		m.running, m.done = map[string]int{}, map[answer]count{}
	}
	m.running[server]++
}

// end counts it as done.
func (m *Metrics) end(server string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running[server]--
	a := answer{server, status / 100}
	c := m.done[a]
	m.done[a] = count{c.requests + 1, c.seconds + took.Seconds()}
}

// Write writes the metrics in Prometheus's text format.
func (m *Metrics) Write(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b bytes.Buffer
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	answers := slices.SortedFunc(maps.Keys(m.done), func(a, b answer) int {
		return slices.Compare([]string{a.server, fmt.Sprint(a.class)}, []string{b.server, fmt.Sprint(b.class)})
	})
	head("slmsam_requests_total", "counter", "Requests that were answered.")
	for _, a := range answers {
		fmt.Fprintf(&b, "slmsam_requests_total{server=%q,status=\"%dxx\"} %d\n", a.server, a.class, m.done[a].requests)
	}
	head("slmsam_request_seconds_total", "counter", "Time until requests were answered.")
	for _, a := range answers {
		fmt.Fprintf(&b, "slmsam_request_seconds_total{server=%q,status=\"%dxx\"} %g\n", a.server, a.class, m.done[a].seconds)
	}
	head("slmsam_requests_running", "gauge", "Requests that are being answered.")
	for _, server := range slices.Sorted(maps.Keys(m.running)) {
		fmt.Fprintf(&b, "slmsam_requests_running{server=%q} %d\n", server, m.running[server])
	}
	for _, g := range m.gauges {
		head(g.name, "gauge", g.help)
		fmt.Fprintf(&b, "%s %d\n", g.name, g.read())
	}
	_, _ = w.Write(b.Bytes()) // a client that went away gets none
}

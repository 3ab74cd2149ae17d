package web

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Metrics counts requests, for Prometheus. The zero value is ready to use; a nil *Metrics counts nothing.
type Metrics struct {
	mu      sync.Mutex
	done    map[outcome]count
	running map[string]int
	gauges  []gauge
}

// outcome is what requests are counted by.
type outcome struct {
	server string
	class  int // first digit of the status
}

type count struct {
	requests int
	seconds  float64
}

// gauge is a number that is read when the metrics are.
type gauge struct {
	name, help string
	read       func() int
}

// Gauge adds a number to the metrics; read returns its present value.
func (m *Metrics) Gauge(name, help string, read func() int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gauges = append(m.gauges, gauge{name, help, read})
}

// begin counts a request as running, until end.
func (m *Metrics) begin(server string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == nil {
		m.running, m.done = map[string]int{}, map[outcome]count{}
	}
	m.running[server]++
}

// end counts a request as done.
func (m *Metrics) end(server string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running[server]--
	if status == 0 { // the handler wrote nothing, which net/http sends as 200
		status = http.StatusOK
	}
	key := outcome{server, status / 100}
	c := m.done[key]
	m.done[key] = count{c.requests + 1, c.seconds + took.Seconds()}
}

// Write writes the metrics in Prometheus's text format.
func (m *Metrics) Write(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b bytes.Buffer
	outcomes := slices.SortedFunc(maps.Keys(m.done), func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.server, b.server), cmp.Compare(a.class, b.class))
	})
	writeHead(&b, "slmsam_requests_total", "counter", "Requests handled.")
	for _, o := range outcomes {
		fmt.Fprintf(&b, "slmsam_requests_total{server=%q,status=\"%dxx\"} %d\n", o.server, o.class, m.done[o].requests)
	}
	writeHead(&b, "slmsam_request_seconds_total", "counter", "Time spent on requests.")
	for _, o := range outcomes {
		fmt.Fprintf(&b, "slmsam_request_seconds_total{server=%q,status=\"%dxx\"} %g\n", o.server, o.class, m.done[o].seconds)
	}
	writeHead(&b, "slmsam_requests_running", "gauge", "Requests being handled.")
	for _, server := range slices.Sorted(maps.Keys(m.running)) {
		fmt.Fprintf(&b, "slmsam_requests_running{server=%q} %d\n", server, m.running[server])
	}
	for _, g := range m.gauges {
		WriteMetric(&b, g.name, "gauge", g.help, g.read())
	}
	_, _ = w.Write(b.Bytes()) // fails only if the client is gone
}

// WriteMetric writes a metric without labels in Prometheus's text format. kind is "gauge" or "counter".
func WriteMetric(w io.Writer, name, kind, help string, value int) {
	writeHead(w, name, kind, help)
	fmt.Fprintf(w, "%s %d\n", name, value)
}

func writeHead(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

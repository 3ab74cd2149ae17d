package nninteractive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// lease is one client.
type lease struct {
	token  string
	ctx    context.Context // ends with the lease
	cancel context.CancelFunc

	// guarded by the leases' lock
	lived   time.Time // last sign of life: a request or a heartbeat
	acted   time.Time // last request that was no heartbeat
	running int       // requests

	mu     sync.Mutex // one request after another works with what follows
	canvas *canvas    // nil before an image came
}

// leases are the clients that are there.
type leases struct {
	most           int
	idle, liveness time.Duration
	now            func() time.Time

	mu      sync.Mutex
	byToken map[string]*lease
}

// claim makes a lease, or returns annotate.ErrFull.
func (l *leases) claim() (*lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	if len(l.byToken) >= l.most {
		return nil, annotate.ErrFull
	}
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	ctx, cancel := context.WithCancel(context.Background())
	now := l.now()
	held := &lease{token: hex.EncodeToString(raw), ctx: ctx, cancel: cancel, lived: now, acted: now}
	l.byToken[held.token] = held
	return held, nil
}

// begin finds a lease for a request, which counts as running until end.
func (l *leases) begin(token string) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	held := l.byToken[token]
	if held != nil {
		held.running++
		held.touch(l.now())
	}
	return held
}

func (l *leases) end(held *lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held.running--
	held.touch(l.now())
}

func (h *lease) touch(now time.Time) { h.lived, h.acted = now, now }

// remaining is the time until the idle timeout; alive says that the client beat. ok is false for a lease that is
// gone.
func (l *leases) remaining(token string, alive bool) (left time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	held := l.byToken[token]
	if held == nil {
		return 0, false
	}
	now := l.now()
	if alive {
		held.lived = now
	}
	if held.running > 0 {
		return l.idle, true
	}
	return max(0, l.idle-now.Sub(held.acted)), true
}

// release ends a lease if it is there.
func (l *leases) release(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.byToken[token]; held != nil {
		l.remove(held)
	}
}

// drop ends the leases of clients that went away or do nothing, but none with a request running.
func (l *leases) drop() {
	now := l.now()
	for _, held := range l.byToken {
		if held.running == 0 && (now.Sub(held.lived) > l.liveness || now.Sub(held.acted) > l.idle) {
			l.remove(held)
		}
	}
}

// remove forgets a lease. A request that still runs is cancelled; the volume is freed after it.
func (l *leases) remove(held *lease) {
	delete(l.byToken, held.token)
	held.cancel()
	if held.running > 0 {
		go held.close()
		return
	}
	held.close()
}

func (h *lease) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.free()
}

// free closes the session. The lease's lock is held.
func (h *lease) free() {
	if h.canvas != nil {
		h.canvas.session.Close()
		h.canvas = nil
	}
}

// sweep ends leases that nobody asks for any more, until ctx ends; then all.
func (l *leases) sweep(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			l.mu.Lock()
			l.drop()
			l.mu.Unlock()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, held := range l.byToken {
		l.remove(held)
	}
}

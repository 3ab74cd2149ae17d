// Package lease keeps count of a server's clients: each holds a lease on something until it gives it back, falls
// silent, or is idle for too long, but never while a request of its runs.
package lease

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// Lease is one client and what it holds.
type Lease[T any] struct {
	Token string
	Ctx   context.Context // ends with the lease

	mu   sync.Mutex // one request after another works with held
	held T

	// guarded by the leases' lock
	cancel  context.CancelFunc
	lived   time.Time // last sign of life: a request or a heartbeat
	acted   time.Time // last request
	running int       // requests
}

// Leases are the clients that are there.
type Leases[T any] struct {
	Most     int           // at once
	Idle     time.Duration // until a lease ends without a request
	Liveness time.Duration // until it ends without a sign of life; 0: it may be silent

	free    func(T)
	mu      sync.Mutex
	byToken map[string]*Lease[T]
}

// New returns leases of which there are none. free is called with what a lease held when it has ended and no
// request works with it any more. They all end with ctx.
func New[T any](ctx context.Context, most int, idle, liveness time.Duration, free func(T)) *Leases[T] {
	l := &Leases[T]{Most: most, Idle: idle, Liveness: liveness, free: free, byToken: map[string]*Lease[T]{}}
	shortest := idle
	if liveness > 0 {
		shortest = min(idle, liveness)
	}
	const sweeps = 10 // per timeout
	go l.sweep(ctx, max(shortest/sweeps, time.Millisecond))
	return l
}

// Claim makes a lease on held, or returns annotate.ErrFull.
func (l *Leases[T]) Claim(held T) (*Lease[T], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	if len(l.byToken) >= l.Most {
		return nil, annotate.ErrFull
	}
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	ctx, cancel := context.WithCancel(context.Background())
	now := time.Now()
	c := &Lease[T]{Token: hex.EncodeToString(raw), Ctx: ctx, cancel: cancel, held: held, lived: now, acted: now}
	l.byToken[c.Token] = c
	return c, nil
}

// With calls f with what a lease holds, one request of a lease after another, and the request's context, which
// ends with the lease too. known is false for a lease that is not there.
func (l *Leases[T]) With(ctx context.Context, token string, f func(ctx context.Context, held T) error) (known bool, err error) {
	c := l.begin(token)
	if c == nil {
		return false, nil
	}
	defer l.end(c)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.Ctx, cancel)()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Ctx.Err() != nil { // it ended while this request waited
		return false, nil
	}
	return true, f(ctx, c.held)
}

// begin finds a lease for a request, which counts as running until end.
func (l *Leases[T]) begin(token string) *Lease[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	c := l.byToken[token]
	if c != nil {
		c.running++
	}
	return c
}

func (l *Leases[T]) end(c *Lease[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.running--
	c.lived = time.Now()
	c.acted = c.lived
}

// Remaining is the time until the idle timeout; beat says that this is a sign of life. known is false for a
// lease that is not there.
func (l *Leases[T]) Remaining(token string, beat bool) (left time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	c := l.byToken[token]
	if c == nil {
		return 0, false
	}
	now := time.Now()
	if beat {
		c.lived = now
	}
	if c.running > 0 {
		return l.Idle, true
	}
	return max(0, l.Idle-now.Sub(c.acted)), true
}

// Release ends a lease and says whether it was there.
func (l *Leases[T]) Release(token string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.byToken[token]
	if c != nil {
		l.remove(c)
	}
	return c != nil
}

// Count is how many leases there are.
func (l *Leases[T]) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	return len(l.byToken)
}

// drop ends the leases of clients that went away or do nothing, but none with a request running.
func (l *Leases[T]) drop() {
	now := time.Now()
	for _, c := range l.byToken {
		silent := l.Liveness > 0 && now.Sub(c.lived) > l.Liveness
		if c.running == 0 && (silent || now.Sub(c.acted) > l.Idle) {
			l.remove(c)
		}
	}
}

// remove forgets a lease. A request that still runs is cancelled, and what the lease held is freed after it.
func (l *Leases[T]) remove(c *Lease[T]) {
	delete(l.byToken, c.Token)
	c.cancel()
	free := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		l.free(c.held)
	}
	if c.running > 0 {
		go free()
		return
	}
	free()
}

// sweep ends leases that nobody asks for any more, until ctx ends; then all.
func (l *Leases[T]) sweep(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			l.Count()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.byToken {
		l.remove(c)
	}
}

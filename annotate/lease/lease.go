// Package lease tracks a server's clients. Each holds a lease on something until it releases it, sends no sign of life, or is
// idle for too long. A lease never times out while one of its requests is running.
package lease

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// Lease is a client and what it holds.
type Lease[T any] struct {
	Token string
	Ctx   context.Context // ends with the lease

	mu   sync.Mutex // held while a request works with held
	held T

	// guarded by the lock of Leases
	cancel  context.CancelFunc
	lived   time.Time // last sign of life: a request or a heartbeat
	acted   time.Time // last request
	running int       // number of requests in progress
}

// Leases are the leases of a server's clients.
type Leases[T any] struct {
	Max      int           // maximum number of leases at the same time
	Idle     time.Duration // time without a request after which a lease ends
	Liveness time.Duration // time without a sign of life after which a lease ends; 0: no limit

	free    func(T)
	mu      sync.Mutex
	byToken map[string]*Lease[T]
}

// New returns an empty set of leases, which all end with ctx. When a lease has ended and none of its requests is running
// anymore, free is called with what it held.
func New[T any](ctx context.Context, limit int, idle, liveness time.Duration, free func(T)) *Leases[T] {
	l := &Leases[T]{Max: limit, Idle: idle, Liveness: liveness, free: free, byToken: map[string]*Lease[T]{}}
	shortest := idle
	if liveness > 0 {
		shortest = min(idle, liveness)
	}
	const sweeps = 10 // per timeout
	go l.sweep(ctx, max(shortest/sweeps, time.Millisecond))
	return l
}

// Claim returns a new lease on held, or annotate.ErrFull.
func (l *Leases[T]) Claim(held T) (*Lease[T], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	if len(l.byToken) >= l.Max {
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

// With calls f with what a lease holds and a context that ends with the request and with the lease. Requests of a lease run
// one after another. known is false if there is no such lease.
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
	if c.Ctx.Err() != nil { // the lease ended while this request was waiting
		return false, nil
	}
	return true, f(ctx, c.held)
}

// begin finds the lease of a request, which counts as running until end.
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

// Remaining returns the time left until the idle timeout. If beat is set, the call counts as a sign of life. known is false
// if there is no such lease.
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

// Release ends a lease, and reports whether there was one.
func (l *Leases[T]) Release(token string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.byToken[token]
	if c != nil {
		l.remove(c)
	}
	return c != nil
}

// Count returns the number of leases.
func (l *Leases[T]) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
	return len(l.byToken)
}

// drop ends the leases of clients that went away or do nothing, except those with a running request. The lock is held.
func (l *Leases[T]) drop() {
	now := time.Now()
	for _, c := range l.byToken {
		silent := l.Liveness > 0 && now.Sub(c.lived) > l.Liveness
		if c.running == 0 && (silent || now.Sub(c.acted) > l.Idle) {
			l.remove(c)
		}
	}
}

// remove ends a lease. The lock is held. Its running requests are canceled, and what it held is freed after them.
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

// sweep ends leases that have timed out, until ctx ends, and then all others.
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

package web

import (
	"net/http"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// Budget bounds the bytes of uploads that are in memory at once.
type Budget struct {
	mu   sync.Mutex
	free int64
}

// NewBudget returns a budget of so many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{free: bytes} }

// Take takes the bytes of a request's body out of the budget, those of one without a length as limit, until the returned
// function is called. annotate.ErrFull: uploads under way leave no room.
func (b *Budget) Take(r *http.Request, limit int64) (giveBack func(), err error) {
	n := r.ContentLength
	if n < 0 || n > limit {
		n = limit
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > b.free {
		return nil, annotate.ErrFull
	}
	b.free -= n
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.free += n
	}), nil
}

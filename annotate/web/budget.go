package web

import (
	"net/http"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// Budget bounds how many bytes of uploads are in memory at the same time.
type Budget struct {
	mu   sync.Mutex
	free int64
}

// NewBudget returns a budget in bytes.
func NewBudget(bytes int64) *Budget { return &Budget{free: bytes} }

// Take reserves room for a request's body until giveBack is called; a body of unknown length counts as limit bytes. It
// returns annotate.ErrFull if other uploads leave too little room.
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

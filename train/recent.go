package train

import (
	"slices"
	"sync"
)

// keptVolumes is how many volumes that were made are remembered: more than are in use at once.
const keptVolumes = 8

// recentCases keeps the volumes that a source has made and that were used last.
type recentCases struct {
	mu   sync.Mutex
	kept []*kept // the most recently used last
}

// kept is a volume that was made, or is being made.
type kept struct {
	index int
	once  sync.Once
	c     *Case
	err   error
}

// get returns volume index, made once while it is kept.
func (r *recentCases) get(index int, make func() (*Case, error)) (*Case, error) {
	k := r.keep(index)
	k.once.Do(func() { k.c, k.err = make() })
	return k.c, k.err
}

// keep finds a volume among the recent ones, or makes room for it.
func (r *recentCases) keep(index int) *kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.kept, func(k *kept) bool { return k.index == index })
	k := &kept{index: index}
	if at >= 0 {
		k = r.kept[at]
		r.kept = slices.Delete(r.kept, at, at+1)
	} else if len(r.kept) == keptVolumes {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, k)
	return k
}

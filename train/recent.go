package train

import (
	"slices"
	"sync"
)

// keptVolumes is how many generated volumes are cached: more than are in use at once.
const keptVolumes = 8

// recentCases caches the most recently used of the volumes that a source generates.
type recentCases struct {
	mu   sync.Mutex
	kept []*cachedCase // the most recently used last
}

// cachedCase is a volume that has been generated or is being generated.
type cachedCase struct {
	index int
	once  sync.Once
	c     *Case
	err   error
}

// get returns volume index, generating it if it is not cached.
func (r *recentCases) get(index int, make func() (*Case, error)) (*Case, error) {
	k := r.lookUp(index)
	k.once.Do(func() { k.c, k.err = make() })
	return k.c, k.err
}

// lookUp finds a volume in the cache, or makes room for it.
func (r *recentCases) lookUp(index int) *cachedCase {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.kept, func(k *cachedCase) bool { return k.index == index })
	k := &cachedCase{index: index}
	if at >= 0 {
		k = r.kept[at]
		r.kept = slices.Delete(r.kept, at, at+1)
	} else if len(r.kept) == keptVolumes {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, k)
	return k
}

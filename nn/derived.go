package nn

// derivedKey identifies a cached value by its owner, a pointer, and a name that is unique among the owner's values.
type derivedKey struct {
	of   any
	name string
}

// derivedValue is a cache entry of Derived.
type derivedValue struct {
	tensors  []*Tensor
	from     []*storage // of the tensors that it was computed from
	versions []int      // of from, at that time
}

// Derived returns the result of f, a function of the tensors from alone: parameters, or tensors that were themselves derived from
// parameters. It caches the result under (of, name) until Free, or until one of these tensors changes. While a tape is recording, f
// runs every time, so that gradients reach the parameters.
func (g *Graph) Derived(of any, name string, from []*Tensor, f func() []*Tensor) []*Tensor {
	if g.Recording() {
		return g.Scoped(f)
	}
	key := derivedKey{of, name}
	if d, ok := g.derived[key]; ok {
		if d.holds(from) {
			for _, t := range d.tensors { // the caller's scope holds them too, in case a later call replaces the entry
				g.scope.adopt(t.Retain().storage)
			}
			return d.tensors
		}
		d.release()
		delete(g.derived, key)
	}
	d := derivedValue{tensors: g.Scoped(f)}
	for _, t := range from {
		d.from, d.versions = append(d.from, t.storage), append(d.versions, t.version)
	}
	for _, t := range d.tensors {
		t.Retain()
	}
	g.derived[key] = d
	return d.tensors
}

// holds reports whether the tensors from are the same as before and unchanged.
func (d derivedValue) holds(from []*Tensor) bool {
	if len(from) != len(d.from) {
		return false
	}
	for i, t := range from {
		if t.storage != d.from[i] || t.version != d.versions[i] {
			return false
		}
	}
	return true
}

func (d derivedValue) release() {
	for _, t := range d.tensors {
		t.Release()
	}
}

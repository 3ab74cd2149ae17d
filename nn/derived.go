package nn

// derivedKey names what is computed from parameters: by what it belongs to.
type derivedKey struct {
	of   any
	name string
}

// derivedValue is what Derived keeps.
type derivedValue struct {
	tensors  []*Tensor
	from     []*storage // of the parameters, or of what was derived from some
	versions []int      // of these
}

// Derived returns what f makes of parameters, or of what was derived from them, alone, and keeps it until Free or until one of
// them changes. Name says what it is among all that belongs to of, a pointer. While a tape records nothing is kept, so that
// gradients flow.
func (g *Graph) Derived(of any, name string, from []*Tensor, f func() []*Tensor) []*Tensor {
	if g.Recording() {
		return g.Scoped(f)
	}
	key := derivedKey{of, name}
	if d, ok := g.derived[key]; ok {
		if d.holds(from) {
			for _, t := range d.tensors { // the caller's scope holds them too, should another call replace them meanwhile
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

// holds says whether the parameters are the same, and what they were.
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

package nn

import (
	"context"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Graph runs operations on a device, records them for the backward pass, and owns the memory of their results. It is not safe for
// concurrent use.
type Graph struct {
	dev   backend.Device
	scope *scope
	tape  *tape           // nil unless recording
	ctx   context.Context // of Interruptible; nil outside it

	constants map[string]*Tensor
	derived   map[derivedKey]derivedValue

	// Training turns on dropout and drop path.
	Training bool
	// Recompute trades time for memory in training: see Block.
	Recompute bool
	// Seed is that of the last dropout mask; every dropout increments it.
	Seed uint32
	// FLOP counts the floating-point operations of matrix products, attention and convolutions, 2 per multiply-add.
	FLOP float64
}

// NewGraph returns a graph on dev that is not recording.
func NewGraph(dev backend.Device) *Graph {
	return &Graph{dev: dev, scope: &scope{}, constants: map[string]*Tensor{}, derived: map[derivedKey]derivedValue{}}
}

// Device returns the device that the graph computes on.
func (g *Graph) Device() backend.Device { return g.dev }

// scope is the list of tensors to release at its end.
type scope struct {
	parent *scope
	made   []*storage
}

func (s *scope) adopt(st *storage) { s.made = append(s.made, st) }

// Scoped runs f and then releases every tensor that was made in it, except those that f returns: they pass to the surrounding
// scope.
func (g *Graph) Scoped(f func() []*Tensor) []*Tensor {
	g.checkInterrupt()
	g.scope = &scope{parent: g.scope}
	out := f()
	inner := g.scope
	g.scope = inner.parent
	keep := make(map[*storage]bool, len(out))
	for _, t := range out {
		if t != nil {
			keep[t.storage] = true
		}
	}
	for _, st := range inner.made {
		if keep[st] {
			g.scope.adopt(st)
		} else {
			st.release()
		}
	}
	return out
}

// Scoped1 is Scoped for a function with one result.
func (g *Graph) Scoped1(f func() *Tensor) *Tensor {
	return g.Scoped(func() []*Tensor { return []*Tensor{f()} })[0]
}

// Free releases every tensor of the outermost scope, and what Derived keeps. Call it between independent pieces of work.
func (g *Graph) Free() {
	for _, d := range g.derived {
		d.release()
	}
	clear(g.derived)
	for _, st := range g.scope.made {
		st.release()
	}
	g.scope.made = nil
}

// Close releases what Free releases, and the constants. The graph must not be used afterwards.
func (g *Graph) Close() {
	g.Discard()
	g.Free()
	for _, t := range g.constants {
		t.Release()
	}
	clear(g.constants)
}

// New returns a tensor with undefined contents in the current scope.
func (g *Graph) New(shape ...int) *Tensor {
	st := newStorage(g.dev, Elems(shape...))
	g.scope.adopt(st)
	return &Tensor{Shape: slices.Clone(shape), storage: st}
}

// Zeros returns a tensor of zeros.
func (g *Graph) Zeros(shape ...int) *Tensor { return g.Full(0, shape...) }

// Full returns a tensor filled with v.
func (g *Graph) Full(v float32, shape ...int) *Tensor {
	t := g.New(shape...)
	g.dev.Fill(backend.Fill{X: t.buf, N: t.size, Value: v})
	return t
}

// Upload returns a tensor with the given contents.
func (g *Graph) Upload(data []float32, shape ...int) *Tensor {
	check(len(data) == Elems(shape...), "Upload", len(data), shape)
	t := g.New(shape...)
	g.dev.Write(t.buf, 0, data)
	return t
}

// Constant returns the tensor with this key, which is made on first use and lives as long as the graph. It is for tables of
// angles and positions, which depend on nothing but sizes.
func (g *Graph) Constant(key string, values func() []float32, shape ...int) *Tensor {
	t := g.constants[key]
	if t == nil {
		t = &Tensor{Shape: slices.Clone(shape), storage: newStorage(g.dev, Elems(shape...))}
		g.dev.Write(t.buf, 0, values())
		g.constants[key] = t
	}
	return t
}

// Read waits until the tensor has been computed and returns its contents.
func (g *Graph) Read(t *Tensor) ([]float32, error) {
	out := make([]float32, t.size)
	err := g.dev.Read(t.buf, 0, out)
	return out, err
}

// ReadAll is Read for several tensors, with a single wait.
func (g *Graph) ReadAll(ts ...*Tensor) ([][]float32, error) {
	out, parts := make([][]float32, len(ts)), make([]backend.Part, len(ts))
	for i, t := range ts {
		out[i] = make([]float32, t.size)
		parts[i] = backend.Part{From: t.buf, To: out[i]}
	}
	err := g.dev.ReadAll(parts)
	return out, err
}

// Sync waits until all work is done and returns the device's error, if any.
func (g *Graph) Sync() error { return g.dev.Sync() }

// like returns a tensor of x's shape with undefined contents.
func (g *Graph) like(x *Tensor) *Tensor { return g.New(x.Shape...) }

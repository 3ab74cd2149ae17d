package nn

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Tensor is a shape over a block of device memory, contiguous and row-major. [Tensor.Reshape] returns another shape over the same
// memory, with the same gradient.
type Tensor struct {
	Shape []int
	*storage
}

// storage is the reference-counted memory of a tensor, together with its gradient.
type storage struct {
	dev       backend.Device
	buf       backend.Buffer // nil once released
	size      int            // elements
	refs      int
	needsGrad bool
	grad      *storage // nil until something is added to it
	version   int      // of a parameter: incremented by every write, for Derived
}

func newStorage(dev backend.Device, size int) *storage {
	return &storage{dev: dev, buf: dev.Alloc(size), size: size, refs: 1}
}

func (s *storage) retain() { s.refs++ }

func (s *storage) release() {
	s.refs--
	if s.refs > 0 {
		return
	}
	if s.refs < 0 {
		panic("nn: storage released more often than retained")
	}
	s.dev.Free(s.buf)
	s.buf = nil // but not the gradient: the backward pass may still have to propagate it to the operation's inputs
}

func (s *storage) dropGrad() {
	if s.grad != nil {
		s.grad.release()
		s.grad = nil
	}
}

// Elems returns the number of elements of a shape.
func Elems(shape ...int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Dim returns the size of axis i; negative i counts from the last axis.
func (t *Tensor) Dim(i int) int {
	if i < 0 {
		i += len(t.Shape)
	}
	return t.Shape[i]
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.size }

// Rows returns the number of rows: the number of elements divided by the size of the last axis.
func (t *Tensor) Rows() int { return t.size / t.Dim(-1) }

// Reshape returns the same memory under another shape. One size may be -1: whatever makes the number of elements fit.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	shape = slices.Clone(shape)
	known, free := 1, -1
	for i, d := range shape {
		if d == -1 {
			free = i
		} else {
			known *= d
		}
	}
	if free >= 0 {
		shape[free] = t.size / known
	}
	if Elems(shape...) != t.size {
		panic(fmt.Sprintf("nn.Reshape: got %v (%d elements), want %d elements", shape, Elems(shape...), t.size))
	}
	return &Tensor{Shape: shape, storage: t.storage}
}

// Retain keeps the tensor alive until a matching Release, regardless of the scope it was made in.
func (t *Tensor) Retain() *Tensor {
	t.retain()
	return t
}

// Release undoes one Retain.
func (t *Tensor) Release() { t.release() }

// RequireGrad marks a leaf (a parameter or an input) whose gradient is wanted.
func (t *Tensor) RequireGrad(want bool) *Tensor {
	t.needsGrad = want
	return t
}

// NeedsGrad reports whether gradients flow to or through the tensor.
func (t *Tensor) NeedsGrad() bool { return t.needsGrad }

// Grad returns the accumulated gradient, or nil if none has reached the tensor.
func (t *Tensor) Grad() *Tensor {
	if t.grad == nil {
		return nil
	}
	return &Tensor{Shape: t.Shape, storage: t.grad}
}

// ZeroGrad discards the gradient.
func (t *Tensor) ZeroGrad() { t.dropGrad() }

// check panics unless ok: the operation was called with arguments that do not fit.
func check(ok bool, op string, got, want any) {
	if !ok {
		panic(fmt.Sprintf("nn.%s: got %v, want %v", op, got, want))
	}
}

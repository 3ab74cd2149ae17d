package nn

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Param is a named parameter. Its tensor is laid out as the kernels want it; Shape and order say how the
// same numbers lie in a checkpoint (PyTorch layout).
type Param struct {
	Name   string
	Shape  []int // in a checkpoint
	Tensor *Tensor
	Init   Init
	Buffer bool // not trained
	factor bool // a matrix of products, and nothing else
	order  []int
}

// Params is the parameter tree under construction and, once complete, the list to load, save and train.
// Names equal the official checkpoint's keys.
type Params struct {
	dev    backend.Device
	prefix string
	gain   float64 // of the fresh weights that are declared
	all    *[]*Param
}

// NewParams returns an empty tree on dev.
func NewParams(dev backend.Device) *Params {
	return &Params{dev: dev, gain: 1, all: new([]*Param)}
}

// In returns the same tree with names under prefix.name, or prefix.name.index.
func (p *Params) In(name string, index ...int) *Params {
	q := *p
	q.prefix += name + "."
	for _, i := range index {
		q.prefix += fmt.Sprintf("%d.", i)
	}
	return &q
}

// WithGain returns the same tree, in which the weights of layers start as so many times PyTorch's default.
func (p *Params) WithGain(gain float64) *Params {
	q := *p
	q.gain = gain
	return &q
}

// Release gives the memory of all parameters and their gradients back; they must not be used any more.
func (p *Params) Release() {
	for _, q := range p.All() {
		q.Tensor.dropGrad()
		q.Tensor.Release()
	}
}

// All returns every parameter declared so far, in the order of declaration.
func (p *Params) All() []*Param { return *p.all }

// Tensor declares a parameter with the given checkpoint shape. order is the permutation from the
// checkpoint's axes to ours (nil keeps them); the tensor's shape is the permuted one.
func (p *Params) Tensor(name string, init Init, order []int, shape ...int) *Tensor {
	ours := append([]int(nil), shape...)
	for i, o := range order {
		ours[i] = shape[o]
	}
	t := &Tensor{Shape: ours, storage: newStorage(p.dev, Elems(shape...))}
	t.needsGrad = true
	*p.all = append(*p.all, &Param{Name: p.prefix + name, Shape: shape, Tensor: t, Init: init, order: order})
	return t
}

// Buffer declares a tensor that is stored with the parameters but never trained.
func (p *Params) Buffer(name string, init Init, shape ...int) *Tensor {
	t := p.Tensor(name, init, nil, shape...)
	t.needsGrad = false
	(*p.all)[len(*p.all)-1].Buffer = true
	return t
}

// factorTensor declares a weight that only products read.
func (p *Params) factorTensor(name string, init Init, order []int, shape ...int) *Tensor {
	t := p.Tensor(name, init, order, shape...)
	(*p.all)[len(*p.all)-1].factor = true
	return t
}

// Set writes values in checkpoint layout.
func (q *Param) Set(values []float32) {
	check(len(values) == q.Tensor.size, "Param.Set "+q.Name, len(values), q.Shape)
	q.Tensor.dev.Write(q.Tensor.buf, 0, q.toOurs(values))
	q.Tensor.version++
}

// Get reads the values in checkpoint layout.
func (q *Param) Get() ([]float32, error) { return q.read(q.Tensor.storage) }

// SetGrad replaces the gradient by values in checkpoint layout.
func (q *Param) SetGrad(values []float32) {
	check(len(values) == q.Tensor.size, "Param.SetGrad "+q.Name, len(values), q.Shape)
	q.Tensor.dropGrad()
	q.Tensor.grad = newStorage(q.Tensor.dev, q.Tensor.size)
	q.Tensor.dev.Write(q.Tensor.grad.buf, 0, q.toOurs(values))
}

// GetGrad reads the gradient in checkpoint layout, nil if there is none.
func (q *Param) GetGrad() ([]float32, error) {
	if q.Tensor.grad == nil {
		return nil, nil
	}
	return q.read(q.Tensor.grad)
}

func (q *Param) read(st *storage) ([]float32, error) {
	v := make([]float32, st.size)
	if err := st.dev.Read(st.buf, 0, v); err != nil {
		return nil, fmt.Errorf("nn: read parameter %s: %w", q.Name, err)
	}
	return q.toCheckpoint(v), nil
}

// toOurs permutes checkpoint values to the kernels' layout.
func (q *Param) toOurs(v []float32) []float32 {
	if q.order == nil {
		return v
	}
	out := make([]float32, len(v))
	q.walk(func(ours, theirs int) { out[ours] = v[theirs] })
	return out
}

func (q *Param) toCheckpoint(v []float32) []float32 {
	if q.order == nil {
		return v
	}
	out := make([]float32, len(v))
	q.walk(func(ours, theirs int) { out[theirs] = v[ours] })
	return out
}

// walk visits every element with its index in both layouts.
func (q *Param) walk(visit func(ours, theirs int)) {
	n := len(q.Shape)
	strides := make([]int, n) // of the checkpoint's axes
	for i, s := n-1, 1; i >= 0; i-- {
		strides[i] = s
		s *= q.Shape[i]
	}
	at := make([]int, n) // index in our axes
	theirs := 0
	for ours := 0; ours < q.Tensor.size; ours++ {
		visit(ours, theirs)
		for i := n - 1; i >= 0; i-- {
			step := strides[q.order[i]]
			at[i]++
			theirs += step
			if at[i] < q.Shape[q.order[i]] {
				break
			}
			theirs -= at[i] * step
			at[i] = 0
		}
	}
}

package nn

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Param is a named parameter. Its tensor is laid out for the kernels; Shape and order describe the layout of the same numbers in a
// checkpoint (PyTorch's).
type Param struct {
	Name   string
	Shape  []int // in a checkpoint
	Tensor *Tensor
	Init   Init
	Buffer bool  // not trained
	factor bool  // read by matrix products only
	order  []int // the checkpoint's axis at each of the tensor's axes; nil: the same order
}

// Params declares parameters: a place in the tree of names, and the list of all parameters, to load, save and train. Names equal
// the keys of the official checkpoints.
type Params struct {
	dev    backend.Device
	prefix string
	gain   float64   // multiplies the initial weights of layers declared here
	all    *[]*Param // shared by the whole tree
}

// NewParams returns an empty tree on dev.
func NewParams(dev backend.Device) *Params {
	return &Params{dev: dev, gain: 1, all: new([]*Param)}
}

// In returns the subtree name, or name.index: parameters declared there get this prefix.
func (p *Params) In(name string, index ...int) *Params {
	q := *p
	q.prefix += name + "."
	for _, i := range index {
		q.prefix += fmt.Sprintf("%d.", i)
	}
	return &q
}

// WithGain returns the same subtree, in which the initial weights of layers are PyTorch's default times gain.
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

// Tensor declares a parameter with the given shape in a checkpoint. Axis i of the returned tensor is axis order[i] of the
// checkpoint's; nil keeps the order.
func (p *Params) Tensor(name string, init Init, order []int, shape ...int) *Tensor {
	ours := slices.Clone(shape)
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

// factorTensor declares a weight that only matrix products read, so that it may be kept as float16.
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

// Copy overwrites the values with those of a parameter that is laid out alike, possibly on another device.
func (q *Param) Copy(from *Param) error {
	check(q.Tensor.size == from.Tensor.size, "Param.Copy "+q.Name, from.Shape, q.Shape)
	v, err := from.Tensor.readAll(from.Name)
	if err != nil {
		return err
	}
	q.Tensor.dev.Write(q.Tensor.buf, 0, v)
	q.Tensor.version++
	return nil
}

// TakeGrad reads the gradient, laid out like the tensor, and removes it; nil if there is none.
func (q *Param) TakeGrad() ([]float32, error) {
	if q.Tensor.grad == nil {
		return nil, nil
	}
	defer q.Tensor.dropGrad()
	return q.Tensor.grad.readAll(q.Name)
}

// SetGrad replaces the gradient with values in checkpoint layout.
func (q *Param) SetGrad(values []float32) {
	check(len(values) == q.Tensor.size, "Param.SetGrad "+q.Name, len(values), q.Shape)
	q.Tensor.dropGrad()
	q.Tensor.grad = newStorage(q.Tensor.dev, q.Tensor.size)
	q.Tensor.dev.Write(q.Tensor.grad.buf, 0, q.toOurs(values))
}

// GetGrad reads the gradient in checkpoint layout; it is nil if there is none.
func (q *Param) GetGrad() ([]float32, error) {
	if q.Tensor.grad == nil {
		return nil, nil
	}
	return q.read(q.Tensor.grad)
}

// read returns contents in checkpoint layout.
func (q *Param) read(st *storage) ([]float32, error) {
	v, err := st.readAll(q.Name)
	if err != nil {
		return nil, err
	}
	return q.toCheckpoint(v), nil
}

// readAll returns the contents of a parameter, of its gradient or of its moments.
func (st *storage) readAll(name string) ([]float32, error) {
	v := make([]float32, st.size)
	if err := st.dev.Read(st.buf, 0, v); err != nil {
		return nil, fmt.Errorf("nn: read parameter %s: %w", name, err)
	}
	return v, nil
}

// toOurs permutes values from checkpoint layout to the tensor's layout.
func (q *Param) toOurs(v []float32) []float32 {
	if q.order == nil {
		return v
	}
	out := make([]float32, len(v))
	q.walk(func(ours, theirs int) { out[ours] = v[theirs] })
	return out
}

// toCheckpoint is the inverse of toOurs.
func (q *Param) toCheckpoint(v []float32) []float32 {
	if q.order == nil {
		return v
	}
	out := make([]float32, len(v))
	q.walk(func(ours, theirs int) { out[theirs] = v[ours] })
	return out
}

// walk calls visit for every element, with its index in both layouts.
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

package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// tape is the list of operations since recording began, in the order in which they ran.
type tape struct {
	ops []op
}

// op is a recorded operation.
type op struct {
	outs  []*Tensor  // its results
	saved []*storage // whose contents back reads
	back  func()     // reads the gradients of the results and adds to those of the inputs
}

// Record starts a tape. Until Backward or Discard, operations on tensors that need gradients are recorded.
func (g *Graph) Record() { g.tape = &tape{} }

// Recording reports whether a tape is being recorded.
func (g *Graph) Recording() bool { return g.tape != nil }

// Discard stops the tape and releases everything that it kept.
func (g *Graph) Discard() {
	if g.tape == nil {
		return
	}
	for i := range g.tape.ops {
		g.tape.ops[i].free()
	}
	g.tape = nil
}

// NoGrad runs f without recording.
func (g *Graph) NoGrad(f func()) {
	t := g.tape
	g.tape = nil
	defer func() { g.tape = t }()
	f()
}

// record appends an operation to the tape if any of its inputs needs gradients. back is called with the gradient of out; saved
// lists the tensors whose contents back reads. Entries of inputs and saved may be nil.
func (g *Graph) record(out *Tensor, inputs, saved []*Tensor, back func(dy backend.Buffer)) {
	if !g.records(inputs...) {
		return
	}
	out.needsGrad = true
	o := op{outs: []*Tensor{out}, back: func() { back(out.grad.buf) }}
	o.save(saved)
	g.tape.ops = append(g.tape.ops, o)
}

// save keeps the contents of tensors until the operation's backward has run. A result that no backward reads is not kept: its
// memory returns to the pool, and its storage only carries the gradient.
func (o *op) save(tensors []*Tensor) {
	for _, t := range tensors {
		if t != nil {
			t.retain()
			o.saved = append(o.saved, t.storage)
		}
	}
}

// records reports whether an operation on these inputs is recorded.
func (g *Graph) records(inputs ...*Tensor) bool {
	if g.tape == nil {
		return false
	}
	for _, t := range inputs {
		if t != nil && t.needsGrad {
			return true
		}
	}
	return false
}

// free releases what the operation kept. Gradients of results are of no use any more; those of leaves stay.
func (o *op) free() {
	for _, t := range o.outs {
		t.dropGrad()
	}
	for _, st := range o.saved {
		st.release()
	}
	o.saved, o.outs, o.back = nil, nil, nil
}

// AddGrad adds values to the gradient of t: the start of a backward pass, or a part of it.
func (g *Graph) AddGrad(t *Tensor, values []float32) {
	check(len(values) == t.size, "AddGrad", len(values), t.size)
	g.Scoped(func() []*Tensor {
		g.addGrad(t, g.Upload(values, len(values)).buf)
		return nil
	})
}

// Backward stops the tape and runs it backward, from the last operation to the first. It starts from the gradients that AddGrad
// and MaskLossGrad have added, and leaves gradients in the leaves that require them.
func (g *Graph) Backward() {
	t := g.tape
	g.tape = nil
	g.runBackward(t)
}

func (g *Graph) runBackward(t *tape) {
	for i := len(t.ops) - 1; i >= 0; i-- {
		o := &t.ops[i]
		if o.reached() {
			g.Scoped(func() []*Tensor { o.back(); return nil })
		}
		o.free()
	}
}

// reached reports whether any result of the operation has a gradient.
func (o *op) reached() bool {
	for _, t := range o.outs {
		if t.grad != nil {
			return true
		}
	}
	return false
}

// gradInto returns the buffer for x's gradient. If accumulate is true, the caller adds to it; otherwise nothing has been added
// yet, the contents are undefined, and the caller must overwrite all of it.
func (g *Graph) gradInto(x *Tensor) (buf backend.Buffer, accumulate bool) {
	if x.grad != nil {
		return x.grad.buf, true
	}
	x.grad = newStorage(g.dev, x.size)
	return x.grad.buf, false
}

// gradSum returns the buffer for x's gradient, zeroed on first use, for kernels that can only add.
func (g *Graph) gradSum(x *Tensor) backend.Buffer {
	buf, accumulate := g.gradInto(x)
	if !accumulate {
		g.dev.Fill(backend.Fill{X: buf, N: x.size})
	}
	return buf
}

// addGrad adds dy, laid out like x, to x's gradient.
func (g *Graph) addGrad(x *Tensor, dy backend.Buffer) {
	if !x.needsGrad {
		return
	}
	buf, accumulate := g.gradInto(x)
	g.dev.Map(backend.Map{Op: backend.MapAffine, X: dy, Y: buf, N: x.size, P: 1, Accumulate: accumulate})
}

// passGrad adds out's gradient to that of x, which has the same size. It must be the last to read out's gradient: if x has none
// yet, it takes over the memory.
func (g *Graph) passGrad(x, out *Tensor) {
	if x.needsGrad && x.grad == nil {
		x.grad, out.grad = out.grad, nil
		return
	}
	g.addGrad(x, out.grad.buf)
}

// Checkpoint runs f without keeping its intermediate results and, in the backward pass, runs it again to differentiate it
// (Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174). f must depend on inputs and parameters only,
// and must give the same results when it is called again; dropout inside repeats its masks.
func (g *Graph) Checkpoint(f func() []*Tensor, inputs ...*Tensor) []*Tensor {
	if g.tape == nil {
		return g.Scoped(f)
	}
	seed := g.Seed
	var outs []*Tensor
	g.NoGrad(func() { outs = g.Scoped(f) })
	var o op
	var made []int // indices of the results that f made, without other shapes of the same
	for i, t := range outs {
		if !t.needsGrad { // otherwise it is an input, whose gradient belongs to the operation that made it
			t.needsGrad = true
			o.outs, made = append(o.outs, t), append(made, i)
		}
	}
	o.back = func() { g.replay(f, outs, made, seed) }
	o.save(inputs)
	g.tape.ops = append(g.tape.ops, o)
	return outs
}

// Block runs f, a part of the network that depends on inputs and parameters only. While recording with Recompute on, it is a
// Checkpoint; otherwise its intermediate results are kept for the backward pass.
func (g *Graph) Block(f func() *Tensor, inputs ...*Tensor) *Tensor {
	return g.Blocks(func() []*Tensor { return []*Tensor{f()} }, inputs...)[0]
}

// Blocks is Block for a function with several results.
func (g *Graph) Blocks(f func() []*Tensor, inputs ...*Tensor) []*Tensor {
	if g.Recompute {
		return g.Checkpoint(f, inputs...)
	}
	return g.Scoped(f)
}

// replay runs f again with a tape of its own, gives the results that it makes the gradients of the first run's results, and runs that
// tape backward.
func (g *Graph) replay(f func() []*Tensor, outs []*Tensor, made []int, seed uint32) {
	outer, outerSeed := g.tape, g.Seed
	g.tape, g.Seed = &tape{}, seed
	again := g.Scoped(f)
	inner := g.tape
	g.tape, g.Seed = outer, outerSeed
	for _, i := range made {
		if t := outs[i]; t.grad != nil && again[i].storage != t.storage { // the same storage: an input without gradient
			g.addGrad(again[i], t.grad.buf)
		}
	}
	g.runBackward(inner)
}

package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// tape is the list of operations since recording began.
type tape struct {
	ops []op
}

// op is one recorded step: its results, what its backward needs, and the backward itself, which reads
// the gradients of the results and adds to those of the inputs.
type op struct {
	outs  []*Tensor
	saved []*storage
	back  func()
}

// Record starts a tape. Until Backward or Discard, operations on tensors that need gradients are noted.
func (g *Graph) Record() { g.tape = &tape{} }

// Recording says whether a tape is running.
func (g *Graph) Recording() bool { return g.tape != nil }

// Discard stops the tape and lets go of everything that it kept.
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

// note records an operation if any input needs gradients. back is called with the gradient of out;
// saved lists the tensors whose contents back reads.
func (g *Graph) note(out *Tensor, inputs, saved []*Tensor, back func(dy backend.Buffer)) {
	g.noteMany([]*Tensor{out}, inputs, saved, func() { back(out.grad.buf) })
}

func (g *Graph) noteMany(outs, inputs, saved []*Tensor, back func()) {
	if !g.wants(inputs...) {
		return
	}
	o := op{outs: outs, back: back}
	for _, t := range outs {
		t.needsGrad = true
	}
	o.save(saved)
	g.tape.ops = append(g.tape.ops, o)
}

// save keeps the contents of tensors until the operation was played. Results that no backward reads are
// not kept: their memory returns to the pool, only the gradient hangs on their storage.
func (o *op) save(tensors []*Tensor) {
	for _, t := range tensors {
		if t != nil {
			t.retain()
			o.saved = append(o.saved, t.storage)
		}
	}
}

// wants says whether an operation on these inputs has to be recorded.
func (g *Graph) wants(inputs ...*Tensor) bool {
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

func (o *op) free() {
	for _, t := range o.outs {
		t.dropGrad()
	}
	for _, st := range o.saved {
		st.release()
	}
	o.saved, o.outs, o.back = nil, nil, nil
}

// AddGrad adds host values to the gradient of t: the seed of a backward pass.
func (g *Graph) AddGrad(t *Tensor, values []float32) {
	check(len(values) == t.size, "AddGrad", len(values), t.size)
	g.Scoped(func() []*Tensor {
		g.addGrad(t, g.Upload(values, len(values)).buf)
		return nil
	})
}

// Backward plays the tape from its end to its beginning and stops it. Gradients were seeded by AddGrad
// or by an operation that noted its own (the losses); they end up in the leaves that require them.
func (g *Graph) Backward() {
	t := g.tape
	g.tape = nil
	g.play(t)
}

func (g *Graph) play(t *tape) {
	for i := len(t.ops) - 1; i >= 0; i-- {
		o := &t.ops[i]
		if o.reached() {
			g.Scoped(func() []*Tensor { o.back(); return nil })
		}
		o.free()
	}
}

// reached says whether any result of the operation got a gradient.
func (o *op) reached() bool {
	for _, t := range o.outs {
		if t.grad != nil {
			return true
		}
	}
	return false
}

// gradInto returns the buffer for x's gradient. accumulate is false when nothing was added yet: then
// the contents are undefined and the caller must overwrite all of it.
func (g *Graph) gradInto(x *Tensor) (buf backend.Buffer, accumulate bool) {
	if x.grad != nil {
		return x.grad.buf, true
	}
	x.grad = newStorage(g.dev, x.size)
	return x.grad.buf, false
}

// gradSum returns the buffer for x's gradient, zeroed at first use, for kernels that always add.
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

// passGrad adds out's gradient to x's, which is laid out like it. As the last reader of out's gradient it hands the memory over
// where x has no gradient yet.
func (g *Graph) passGrad(x, out *Tensor) {
	if x.needsGrad && x.grad == nil {
		x.grad, out.grad = out.grad, nil
		return
	}
	g.addGrad(x, out.grad.buf)
}

// Checkpoint computes f without keeping its intermediate results and, in the backward pass, computes
// it again to differentiate it. f must depend on inputs and parameters only, and must give the same
// results when called again; dropout inside repeats its masks.
func (g *Graph) Checkpoint(f func() []*Tensor, inputs ...*Tensor) []*Tensor {
	if g.tape == nil {
		return g.Scoped(f)
	}
	seed := g.Seed
	var outs []*Tensor
	g.NoGrad(func() { outs = g.Scoped(f) })
	o := op{back: func() { g.replay(f, outs, seed) }}
	for _, t := range outs {
		if !t.needsGrad { // else f returned one of its inputs, whose gradient is its own operation's to pass on
			t.needsGrad = true
			o.outs = append(o.outs, t)
		}
	}
	o.save(inputs)
	g.tape.ops = append(g.tape.ops, o)
	return outs
}

// Block runs f, a part of the network that depends on inputs and parameters only. While recording with
// Recompute on, its intermediate results are computed again in the backward pass instead of kept.
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

// replay runs f again with a tape of its own, hands it the gradients of the first run's results, and
// plays that tape.
func (g *Graph) replay(f func() []*Tensor, outs []*Tensor, seed uint32) {
	outer, outerSeed := g.tape, g.Seed
	g.tape, g.Seed = &tape{}, seed
	again := g.Scoped(f)
	inner := g.tape
	g.tape, g.Seed = outer, outerSeed
	for i, t := range outs {
		if t.grad != nil && again[i].storage != t.storage {
			g.addGrad(again[i], t.grad.buf)
		}
	}
	g.play(inner)
}

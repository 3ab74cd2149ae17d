package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// trial runs a case on both devices.
type trial struct {
	testing.TB
	suite    *suite
	rng      *rand.Rand
	operands []*operand
}

// operand is a buffer of a trial, with its contents before the kernel runs. A nil *operand stands for a nil buffer.
type operand struct {
	name   string
	data   []float32
	output bool
}

// buffers returns the buffer of an operand on the current device.
type buffers func(*operand) backend.Buffer

func (t *trial) add(name string, data []float32, output bool) *operand {
	o := &operand{name: name, data: data, output: output}
	t.operands = append(t.operands, o)
	return o
}

// input declares an operand of n normal random numbers that the kernel must not change.
func (t *trial) input(name string, n int) *operand {
	return t.add(name, t.normal(n), false)
}

// given declares an input with the given contents.
func (t *trial) given(name string, data []float32) *operand {
	return t.add(name, data, false)
}

// output declares an operand of n words that the kernel must overwrite. They start as NaN.
func (t *trial) output(name string, n int) *operand {
	return t.add(name, nans(n), true)
}

// accumulator declares an operand of n normal random numbers that the kernel adds to or updates in place.
func (t *trial) accumulator(name string, n int) *operand {
	return t.add(name, t.normal(n), true)
}

// result declares an accumulator if accumulate is set, otherwise an output.
func (t *trial) result(name string, n int, accumulate bool) *operand {
	if accumulate {
		return t.accumulator(name, n)
	}
	return t.output(name, n)
}

func (t *trial) normal(n int) []float32 { return normals(t.rng, n) }

// prepare runs call on the reference and keeps what it writes in the operands: the forward pass before a backward pass.
func (t *trial) prepare(call func(k backend.Kernels, buf buffers)) {
	t.Helper()
	if t.suite.ref == nil {
		return
	}
	for i, data := range t.on(t.suite.ref, call) {
		t.operands[i].data = data
	}
}

// compare runs call on both devices and compares all operands.
func (t *trial) compare(tol Tolerance, call func(k backend.Kernels, buf buffers)) {
	t.Helper()
	if t.suite.ref == nil {
		t.on(t.suite.dev, call)
		return
	}
	want := t.on(t.suite.ref, call)
	got := t.on(t.suite.dev, call)
	for i, o := range t.operands {
		if o.output {
			tol.Check(t.TB, o.name, got[i], want[i])
		} else {
			Exact.Check(t.TB, o.name+" (an input)", got[i], o.data)
		}
	}
}

// on runs call on a device and returns the contents of all operands afterwards.
func (t *trial) on(dev backend.Device, call func(k backend.Kernels, buf buffers)) [][]float32 {
	t.Helper()
	held := map[*operand]backend.Buffer{}
	for _, o := range t.operands {
		b := dev.Alloc(len(o.data))
		dev.Write(b, 0, o.data)
		held[o] = b
	}
	call(dev, func(o *operand) backend.Buffer {
		if o == nil {
			return nil
		}
		return held[o]
	})
	results := make([][]float32, len(t.operands))
	for i, o := range t.operands {
		results[i] = make([]float32, len(o.data))
		if err := dev.Read(held[o], 0, results[i]); err != nil {
			t.Fatalf("%s: read %s: %v", dev.Name(), o.name, err)
		}
	}
	for _, b := range held {
		dev.Free(b)
	}
	return results
}

func nans(n int) []float32 {
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(math.NaN())
	}
	return data
}

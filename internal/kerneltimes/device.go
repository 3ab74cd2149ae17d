// Package kerneltimes measures where the time of a computation goes: a device that passes every call on and notes how long it
// took. It fits devices whose kernels have finished when their call returns, as the CPU's.
package kerneltimes

import (
	"fmt"
	"time"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Device is another device with a clock.
type Device struct {
	backend.Device
	spent map[call]*Time
	parts []*Device // see Split
}

// call is what is told apart.
type call struct{ kernel, shape string }

// New returns a device that computes on d.
func New(d backend.Device) *Device {
	return &Device{Device: d, spent: map[call]*Time{}}
}

// RepeatsKeys implements backend.KeyRepeater, as the other device does.
func (d *Device) RepeatsKeys() bool {
	dev, ok := d.Device.(backend.KeyRepeater)
	return ok && dev.RepeatsKeys()
}

// Split implements backend.Splitter, as the other device does. Kernels and Shapes include what the parts spend.
func (d *Device) Split(n int) (parts []backend.Device) {
	dev, ok := d.Device.(backend.Splitter)
	if !ok {
		return nil
	}
	for _, p := range dev.Split(n) {
		part := New(p)
		d.parts, parts = append(d.parts, part), append(parts, part)
	}
	return parts
}

// ResetPeak implements backend.Device. A new measurement begins: what was noted is forgotten.
func (d *Device) ResetPeak() {
	clear(d.spent)
	d.Device.ResetPeak()
}

// note runs a kernel. flop is its work, 0 for what only moves and adds up.
func (d *Device) note(kernel, shape string, flop int, run func()) {
	began := time.Now()
	run()
	took := time.Since(began).Seconds()
	key := call{kernel, shape}
	t := d.spent[key]
	if t == nil {
		t = &Time{Kernel: kernel, Shape: shape}
		d.spent[key] = t
	}
	t.Calls++
	t.Seconds += took
	t.GFLOP += float64(flop) / 1e9
}

// MatMul implements backend.Kernels. Products are told apart by their form.
func (d *Device) MatMul(a backend.MatMul) {
	form := "A.B"
	switch {
	case a.TransA:
		form = "A^T.B"
	case a.TransB:
		form = "A.B^T"
	}
	d.note("MatMul "+form, fmt.Sprintf("%d x %dx%dx%d bias %t act %d residual %t add %t", a.Batch, a.M, a.N, a.K, a.Bias != nil, a.Act, a.Residual != nil, a.Accumulate),
		2*a.Batch*a.M*a.N*a.K, func() { d.Device.MatMul(a) })
}

// Attention implements backend.Kernels.
func (d *Device) Attention(a backend.Attention) {
	d.note("Attention", attentionShape(a), 2*a.B*a.Heads*a.Nq*a.Nk*(a.D+a.Dv), func() { d.Device.Attention(a) })
}

// AttentionBackward implements backend.Kernels.
func (d *Device) AttentionBackward(a backend.AttentionBackward) {
	d.note("AttentionBackward", attentionShape(a.Attention), 2*a.B*a.Heads*a.Nq*a.Nk*(3*a.D+2*a.Dv), func() { d.Device.AttentionBackward(a) })
}

func attentionShape(a backend.Attention) string {
	return fmt.Sprintf("%d x %d heads, %dx%d, %d, %d", a.B, a.Heads, a.Nq, a.Nk, a.D, a.Dv)
}

// Im2Col implements backend.Kernels.
func (d *Device) Im2Col(a backend.Im2Col) {
	d.note("Im2Col", patchShape(a), 0, func() { d.Device.Im2Col(a) })
}

// Col2Im implements backend.Kernels.
func (d *Device) Col2Im(a backend.Im2Col) {
	d.note("Col2Im", patchShape(a), 0, func() { d.Device.Col2Im(a) })
}

func patchShape(a backend.Im2Col) string {
	return fmt.Sprintf("%dx%dx%dx%d, %dx%d / %d", a.B, a.H, a.W, a.C, a.KH, a.KW, a.Stride)
}

// DepthwiseConv implements backend.Kernels.
func (d *Device) DepthwiseConv(a backend.DepthwiseConv) {
	d.note("DepthwiseConv", imageShape(a.B, a.H, a.W, a.C), 2*a.B*a.H*a.W*a.C*a.K*a.K, func() { d.Device.DepthwiseConv(a) })
}

// DepthwiseConvBackward implements backend.Kernels.
func (d *Device) DepthwiseConvBackward(a backend.DepthwiseConvBackward) {
	d.note("DepthwiseConvBackward", imageShape(a.B, a.H, a.W, a.C), 4*a.B*a.H*a.W*a.C*a.K*a.K, func() { d.Device.DepthwiseConvBackward(a) })
}

// MaxPool implements backend.Kernels.
func (d *Device) MaxPool(a backend.MaxPool) {
	d.note("MaxPool", imageShape(a.B, a.H, a.W, a.C), 0, func() { d.Device.MaxPool(a) })
}

// MaxPoolBackward implements backend.Kernels.
func (d *Device) MaxPoolBackward(a backend.MaxPoolBackward) {
	d.note("MaxPoolBackward", imageShape(a.B, a.H, a.W, a.C), 0, func() { d.Device.MaxPoolBackward(a) })
}

func imageShape(b, h, w, c int) string { return fmt.Sprintf("%dx%dx%dx%d", b, h, w, c) }

// Resample implements backend.Kernels.
func (d *Device) Resample(a backend.Resample) {
	d.note("Resample", fmt.Sprintf("%d, %d -> %d, %d", a.Outer, a.In, a.Out, a.Inner), 0, func() { d.Device.Resample(a) })
}

package kerneltimes

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// LayerNorm implements backend.Kernels.
func (d *Device) LayerNorm(a backend.LayerNorm) {
	d.note("LayerNorm", rowShape(a.Rows, a.C), 0, func() { d.Device.LayerNorm(a) })
}

// LayerNormBackward implements backend.Kernels.
func (d *Device) LayerNormBackward(a backend.LayerNormBackward) {
	d.note("LayerNormBackward", rowShape(a.Rows, a.C), 0, func() { d.Device.LayerNormBackward(a) })
}

func rowShape(rows, c int) string { return fmt.Sprintf("%dx%d", rows, c) }

// RoPE implements backend.Kernels.
func (d *Device) RoPE(a backend.RoPE) {
	d.note("RoPE", fmt.Sprintf("%dx%dx%d", a.B, a.N, a.C), 0, func() { d.Device.RoPE(a) })
}

// Map implements backend.Kernels.
func (d *Device) Map(a backend.Map) {
	d.note("Map "+mapNames[a.Op], fmt.Sprintf("%d P %g Q %g add %t", a.N, a.P, a.Q, a.Accumulate), 0, func() { d.Device.Map(a) })
}

// MapBackward implements backend.Kernels.
func (d *Device) MapBackward(a backend.MapBackward) {
	d.note("MapBackward "+mapNames[a.Op], fmt.Sprint(a.N), 0, func() { d.Device.MapBackward(a) })
}

var mapNames = map[backend.MapOp]string{
	backend.MapAffine: "affine", backend.MapReLU: "ReLU", backend.MapGELU: "GELU", backend.MapSigmoid: "sigmoid", backend.MapGreater: "greater",
}

// Zip implements backend.Kernels.
func (d *Device) Zip(a backend.Zip) {
	name := "Zip add"
	if a.Op == backend.ZipMul {
		name = "Zip multiply"
	}
	d.note(name, fmt.Sprintf("%v strides %v %v add %t", a.Dims, a.XStride, a.YStride, a.Accumulate), 0, func() { d.Device.Zip(a) })
}

// Copy implements backend.Kernels.
func (d *Device) Copy(a backend.Copy) {
	d.note("Copy", fmt.Sprintf("%v strides %v %v add %t", a.Dims, a.XStride, a.YStride, a.Accumulate), 0, func() { d.Device.Copy(a) })
}

// Join implements backend.Kernels.
func (d *Device) Join(a backend.Join) {
	d.note("Join", fmt.Sprintf("%d rows of %v", a.Outer, a.Widths), 0, func() { d.Device.Join(a) })
}

// Windows implements backend.Kernels.
func (d *Device) Windows(a backend.Windows) {
	d.note("Windows", imageShape(a.B, a.H, a.W, a.C), 0, func() { d.Device.Windows(a) })
}

// Choose implements backend.Kernels.
func (d *Device) Choose(a backend.Choose) {
	d.note("Choose", fmt.Sprintf("%dx%dx%d", a.B, a.K, a.N), 0, func() { d.Device.Choose(a) })
}

// ChooseBackward implements backend.Kernels.
func (d *Device) ChooseBackward(a backend.ChooseBackward) {
	d.note("ChooseBackward", fmt.Sprintf("%dx%dx%d", a.B, a.K, a.N), 0, func() { d.Device.ChooseBackward(a) })
}

// Fill implements backend.Kernels.
func (d *Device) Fill(a backend.Fill) {
	d.note("Fill", fmt.Sprint(a.N), 0, func() { d.Device.Fill(a) })
}

// Sum implements backend.Kernels.
func (d *Device) Sum(a backend.Sum) {
	d.note("Sum", fmt.Sprintf("%dx%dx%d", a.Outer, a.N, a.Inner), 0, func() { d.Device.Sum(a) })
}

// Dot implements backend.Kernels.
func (d *Device) Dot(a backend.Dot) {
	d.note("Dot", fmt.Sprint(a.N), 0, func() { d.Device.Dot(a) })
}

// Dropout implements backend.Kernels.
func (d *Device) Dropout(a backend.Dropout) {
	d.note("Dropout", fmt.Sprint(a.N), 0, func() { d.Device.Dropout(a) })
}

// MaskLoss implements backend.Kernels.
func (d *Device) MaskLoss(a backend.MaskLoss) {
	d.note("MaskLoss", rowShape(a.B, a.P), 0, func() { d.Device.MaskLoss(a) })
}

// MaskLossBackward implements backend.Kernels.
func (d *Device) MaskLossBackward(a backend.MaskLossBackward) {
	d.note("MaskLossBackward", rowShape(a.B, a.P), 0, func() { d.Device.MaskLossBackward(a) })
}

// AdamW implements backend.Kernels.
func (d *Device) AdamW(a backend.AdamW) {
	d.note("AdamW", fmt.Sprint(a.N), 0, func() { d.Device.AdamW(a) })
}

// Write implements backend.Device.
func (d *Device) Write(b backend.Buffer, off int, src []float32) {
	d.note("Write", fmt.Sprint(len(src)), 0, func() { d.Device.Write(b, off, src) })
}

// Read implements backend.Device.
func (d *Device) Read(b backend.Buffer, off int, dst []float32) (err error) {
	d.note("Read", fmt.Sprint(len(dst)), 0, func() { err = d.Device.Read(b, off, dst) })
	return err
}

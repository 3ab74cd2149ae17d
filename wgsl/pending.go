//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Kernels not written yet: delete a line here when its file arrives.

func (d *Device) MatMul(backend.MatMul)                       { panic("wgsl: MatMul") }
func (d *Device) Attention(backend.Attention)                 { panic("wgsl: Attention") }
func (d *Device) AttentionBackward(backend.AttentionBackward) { panic("wgsl: AttentionBackward") }
func (d *Device) Im2Col(backend.Im2Col)                       { panic("wgsl: Im2Col") }
func (d *Device) Col2Im(backend.Im2Col)                       { panic("wgsl: Col2Im") }
func (d *Device) DepthwiseConv(backend.DepthwiseConv)         { panic("wgsl: DepthwiseConv") }
func (d *Device) DepthwiseConvBackward(backend.DepthwiseConvBackward) {
	panic("wgsl: DepthwiseConvBackward")
}
func (d *Device) MaxPool(backend.MaxPool)                     { panic("wgsl: MaxPool") }
func (d *Device) MaxPoolBackward(backend.MaxPoolBackward)     { panic("wgsl: MaxPoolBackward") }
func (d *Device) Resample(backend.Resample)                   { panic("wgsl: Resample") }
func (d *Device) LayerNorm(backend.LayerNorm)                 { panic("wgsl: LayerNorm") }
func (d *Device) LayerNormBackward(backend.LayerNormBackward) { panic("wgsl: LayerNormBackward") }
func (d *Device) RoPE(backend.RoPE)                           { panic("wgsl: RoPE") }
func (d *Device) Map(backend.Map)                             { panic("wgsl: Map") }
func (d *Device) MapBackward(backend.MapBackward)             { panic("wgsl: MapBackward") }
func (d *Device) Zip(backend.Zip)                             { panic("wgsl: Zip") }
func (d *Device) Copy(backend.Copy)                           { panic("wgsl: Copy") }
func (d *Device) Fill(backend.Fill)                           { panic("wgsl: Fill") }
func (d *Device) Sum(backend.Sum)                             { panic("wgsl: Sum") }
func (d *Device) Dot(backend.Dot)                             { panic("wgsl: Dot") }
func (d *Device) Dropout(backend.Dropout)                     { panic("wgsl: Dropout") }
func (d *Device) MaskLoss(backend.MaskLoss)                   { panic("wgsl: MaskLoss") }
func (d *Device) MaskLossBackward(backend.MaskLossBackward)   { panic("wgsl: MaskLossBackward") }
func (d *Device) AdamW(backend.AdamW)                         { panic("wgsl: AdamW") }

package train

import "github.com/seed-6f79f512/slmsam/nn/backend"

// dry is a device that computes nothing: it only adds up the memory that a computation asks for. Values
// read from it are zeros, which decide nothing about sizes.
type dry struct{ live, peak int64 }

var _ backend.Device = (*dry)(nil)

const bytesPerWord = 4

// dryBuffer is a size.
type dryBuffer int

// Len implements backend.Buffer.
func (b dryBuffer) Len() int { return int(b) }

// Name implements backend.Device.
func (d *dry) Name() string { return "nothing" }

// Alloc implements backend.Device.
func (d *dry) Alloc(n int) backend.Buffer {
	d.live += int64(n) * bytesPerWord
	d.peak = max(d.peak, d.live)
	return dryBuffer(n)
}

// Free implements backend.Device.
func (d *dry) Free(b backend.Buffer) { d.live -= int64(b.Len()) * bytesPerWord }

// Write implements backend.Device.
func (d *dry) Write(backend.Buffer, int, []float32) {}

// Read implements backend.Device.
func (d *dry) Read(_ backend.Buffer, _ int, dst []float32) error {
	clear(dst)
	return nil
}

// ReadAll implements backend.Device.
func (d *dry) ReadAll(parts []backend.Part) error {
	for _, p := range parts {
		clear(p.To)
	}
	return nil
}

// Sync implements backend.Device.
func (d *dry) Sync() error { return nil }

// Memory implements backend.Device.
func (d *dry) Memory() backend.Memory { return backend.Memory{Live: d.live, Peak: d.peak} }

// ResetPeak implements backend.Device.
func (d *dry) ResetPeak() { d.peak = d.live }

// Close implements backend.Device.
func (d *dry) Close() {}

// The kernels of the contract, none of which does anything.

func (d *dry) MatMul(backend.MatMul)                               {}
func (d *dry) Attention(backend.Attention)                         {}
func (d *dry) AttentionBackward(backend.AttentionBackward)         {}
func (d *dry) Im2Col(backend.Im2Col)                               {}
func (d *dry) Col2Im(backend.Im2Col)                               {}
func (d *dry) DepthwiseConv(backend.DepthwiseConv)                 {}
func (d *dry) DepthwiseConvBackward(backend.DepthwiseConvBackward) {}
func (d *dry) MaxPool(backend.MaxPool)                             {}
func (d *dry) MaxPoolBackward(backend.MaxPoolBackward)             {}
func (d *dry) Resample(backend.Resample)                           {}
func (d *dry) LayerNorm(backend.LayerNorm)                         {}
func (d *dry) LayerNormBackward(backend.LayerNormBackward)         {}
func (d *dry) RoPE(backend.RoPE)                                   {}
func (d *dry) Map(backend.Map)                                     {}
func (d *dry) MapBackward(backend.MapBackward)                     {}
func (d *dry) Zip(backend.Zip)                                     {}
func (d *dry) Copy(backend.Copy)                                   {}
func (d *dry) Windows(backend.Windows)                             {}
func (d *dry) Join(backend.Join)                                   {}
func (d *dry) Choose(backend.Choose)                               {}
func (d *dry) ChooseBackward(backend.ChooseBackward)               {}
func (d *dry) Fill(backend.Fill)                                   {}
func (d *dry) Sum(backend.Sum)                                     {}
func (d *dry) Dot(backend.Dot)                                     {}
func (d *dry) Dropout(backend.Dropout)                             {}
func (d *dry) MaskLoss(backend.MaskLoss)                           {}
func (d *dry) MaskLossBackward(backend.MaskLossBackward)           {}
func (d *dry) AdamW(backend.AdamW)                                 {}

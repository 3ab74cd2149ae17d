package train

import "github.com/seed-6f79f512/slmsam/nn/backend"

// dryDevice is a device that computes nothing and only adds up the memory that a computation allocates. Reads return
// zeros, which do not affect any sizes.
type dryDevice struct{ live, peak int64 }

var _ backend.Device = (*dryDevice)(nil)

// bytesPerWord is the size of a float32, the unit of buffer lengths.
const bytesPerWord = 4

// dryBuffer is a buffer's length in words.
type dryBuffer int

// Len implements backend.Buffer.
func (b dryBuffer) Len() int { return int(b) }

// Name implements backend.Device.
func (d *dryDevice) Name() string { return "nothing" }

// Alloc implements backend.Device.
func (d *dryDevice) Alloc(n int) backend.Buffer {
	d.live += int64(n) * bytesPerWord
	d.peak = max(d.peak, d.live)
	return dryBuffer(n)
}

// Free implements backend.Device.
func (d *dryDevice) Free(b backend.Buffer) { d.live -= int64(b.Len()) * bytesPerWord }

// Write implements backend.Device.
func (d *dryDevice) Write(backend.Buffer, int, []float32) {}

// Read implements backend.Device.
func (d *dryDevice) Read(_ backend.Buffer, _ int, dst []float32) error {
	clear(dst)
	return nil
}

// ReadAll implements backend.Device.
func (d *dryDevice) ReadAll(parts []backend.Part) error {
	for _, p := range parts {
		clear(p.To)
	}
	return nil
}

// Sync implements backend.Device.
func (d *dryDevice) Sync() error { return nil }

// Memory implements backend.Device.
func (d *dryDevice) Memory() backend.Memory { return backend.Memory{Live: d.live, Peak: d.peak} }

// ResetPeak implements backend.Device.
func (d *dryDevice) ResetPeak() { d.peak = d.live }

// Close implements backend.Device.
func (d *dryDevice) Close() {}

// The kernels of backend.Device, all no-ops.

func (d *dryDevice) MatMul(backend.MatMul)                               {}
func (d *dryDevice) Attention(backend.Attention)                         {}
func (d *dryDevice) AttentionBackward(backend.AttentionBackward)         {}
func (d *dryDevice) Im2Col(backend.Im2Col)                               {}
func (d *dryDevice) Col2Im(backend.Im2Col)                               {}
func (d *dryDevice) DepthwiseConv(backend.DepthwiseConv)                 {}
func (d *dryDevice) DepthwiseConvBackward(backend.DepthwiseConvBackward) {}
func (d *dryDevice) MaxPool(backend.MaxPool)                             {}
func (d *dryDevice) MaxPoolBackward(backend.MaxPoolBackward)             {}
func (d *dryDevice) Resample(backend.Resample)                           {}
func (d *dryDevice) LayerNorm(backend.LayerNorm)                         {}
func (d *dryDevice) LayerNormBackward(backend.LayerNormBackward)         {}
func (d *dryDevice) RoPE(backend.RoPE)                                   {}
func (d *dryDevice) Map(backend.Map)                                     {}
func (d *dryDevice) MapBackward(backend.MapBackward)                     {}
func (d *dryDevice) Zip(backend.Zip)                                     {}
func (d *dryDevice) Copy(backend.Copy)                                   {}
func (d *dryDevice) Windows(backend.Windows)                             {}
func (d *dryDevice) Join(backend.Join)                                   {}
func (d *dryDevice) Choose(backend.Choose)                               {}
func (d *dryDevice) ChooseBackward(backend.ChooseBackward)               {}
func (d *dryDevice) Fill(backend.Fill)                                   {}
func (d *dryDevice) Sum(backend.Sum)                                     {}
func (d *dryDevice) Dot(backend.Dot)                                     {}
func (d *dryDevice) Dropout(backend.Dropout)                             {}
func (d *dryDevice) MaskLoss(backend.MaskLoss)                           {}
func (d *dryDevice) MaskLossBackward(backend.MaskLossBackward)           {}
func (d *dryDevice) AdamW(backend.AdamW)                                 {}

//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

func (d *Device) MatMul(backend.MatMul)                       { panic("wgsl: MatMul") }
func (d *Device) Attention(backend.Attention)                 { panic("wgsl: Attention") }
func (d *Device) AttentionBackward(backend.AttentionBackward) { panic("wgsl: AttentionBackward") }

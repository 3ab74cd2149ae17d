//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Kernels not written yet: delete a line here when its file arrives.

func (d *Device) Attention(backend.Attention)                 { panic("wgsl: Attention") }
func (d *Device) AttentionBackward(backend.AttentionBackward) { panic("wgsl: AttentionBackward") }

package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Join implements backend.Kernels.
func (d *Device) Join(a backend.Join) {
	a.Check()
	for _, c := range a.Copies() {
		d.Copy(c)
	}
}

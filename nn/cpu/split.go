package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

var _ backend.Splitter = (*Device)(nil)

// Split implements backend.Splitter: it divides the threads. Small kernels scale badly with threads, because each thread has too
// little to do between two waits; several independent computations, each on fewer threads, keep all of them busy. The parts have
// memory of their own and stay open when d is closed.
func (d *Device) Split(n int) []backend.Device {
	n = min(n, d.threads)
	if n < 2 {
		return nil
	}
	parts := make([]backend.Device, n)
	for i := range parts {
		part := New((i+1)*d.threads/n - i*d.threads/n)
		part.plain, part.kernels, part.rounding = d.plain, d.kernels, d.rounding
		parts[i] = part
	}
	return parts
}

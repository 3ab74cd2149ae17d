//go:build !linux

package cpu

// yieldCore does nothing here; the system's time slices have to do.
func yieldCore() {}

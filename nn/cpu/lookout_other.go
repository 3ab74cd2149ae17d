//go:build !linux

package cpu

// yieldCore does nothing: the system's time slices have to do.
func yieldCore() {}

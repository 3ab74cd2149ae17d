//go:build !amd64 && !arm64

package simd

// machine returns the kernels for a level; ok is false if this machine cannot run them.
func machine(level string) (k Kernels, ok bool) { return Plain(), level == "plain" }

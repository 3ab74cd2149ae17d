//go:build !amd64

package simd

// Detect returns the fastest kernels that this machine can run: the plain ones, on this architecture.
func Detect() Kernels { return Plain() }

// AVX2 returns kernels that this architecture cannot run: ok is false.
func AVX2() (k Kernels, ok bool) { return Plain(), false }

// AVX512 returns kernels that this architecture cannot run: ok is false.
func AVX512() (k Kernels, ok bool) { return Plain(), false }

// AVX512BF16 returns kernels that this architecture cannot run: ok is false.
func AVX512BF16() (k Kernels, ok bool) { return Plain(), false }

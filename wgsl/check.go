//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import "fmt"

// positive panics unless all sizes of kernel op are at least 1. names is their list for people: "M, N, K".
func positive(op, names string, sizes ...int) {
	for _, n := range sizes {
		check(n >= 1, op, "got %s = %v, want all at least 1", names, sizes)
	}
}

// check panics with the formatted text unless ok.
func check(ok bool, op, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("wgsl."+op+": "+format, args...))
	}
}

package backend

import (
	"fmt"
	"slices"
)

// What the Check methods are made of. All of them panic in the name of the argument struct: op is "MatMul".

// check panics with the formatted text unless ok.
func check(ok bool, op, format string, args ...any) {
	if !ok {
		fail(op, format, args...)
	}
}

// fail panics with the formatted text. Checks that every call makes ask first, then fail: arguments to format cost memory.
func fail(op, format string, args ...any) {
	panic(fmt.Sprintf("backend."+op+": "+format, args...))
}

// positive demands that all sizes are at least 1. names is their list for people: "M, N, K".
func positive(op, names string, sizes ...int) {
	for _, n := range sizes {
		if n < 1 {
			fail(op, "got %s = %v, want all at least 1", names, slices.Clone(sizes)) // a clone: the original stays on the stack
		}
	}
}

// holds demands that buffer b of argument arg has words off..off+n.
func holds(op, arg string, b Buffer, off, n int) {
	if b == nil {
		fail(op, "got nil for %s, want a buffer", arg)
	}
	if off < 0 || n < 0 || n > b.Len()-off {
		fail(op, "got %d words in %s, want %d from word %d", b.Len(), arg, n, off)
	}
}

// mayHold is holds from word 0 for a buffer that may be nil.
func mayHold(op, arg string, b Buffer, n int) {
	if b != nil {
		holds(op, arg, b, 0, n)
	}
}

// reaches demands that off plus any index within dims times its stride lies in b.
func reaches(op, arg string, b Buffer, off int, dims, strides []int) {
	if b == nil {
		fail(op, "got nil for %s, want a buffer", arg)
	}
	lo, hi := off, off
	for i, n := range dims {
		if s := (n - 1) * strides[i]; s < 0 {
			lo += s
		} else {
			hi += s
		}
	}
	if lo < 0 || hi >= b.Len() {
		fail(op, "got %d words in %s, want words %d..%d (offset %d, sizes %v, strides %v)",
			b.Len(), arg, lo, hi, off, slices.Clone(dims), slices.Clone(strides))
	}
}

package backend

import (
	"fmt"
	"slices"
)

// The building blocks of the Check methods. op is the name of the argument struct, such as "MatMul", arg that of a field.

// check panics with the formatted text unless ok.
func check(ok bool, op, format string, args ...any) {
	if !ok {
		fail(op, format, args...)
	}
}

// fail panics with the formatted text. Checks on the path of every call test the condition themselves and then call fail, because
// passing arguments to check would allocate.
func fail(op, format string, args ...any) {
	panic(fmt.Sprintf("backend."+op+": "+format, args...))
}

// positive requires all sizes to be at least 1. names lists them for the message: "M, N, K".
func positive(op, names string, sizes ...int) {
	for _, n := range sizes {
		if n < 1 {
			fail(op, "got %s = %v, want all at least 1", names, slices.Clone(sizes)) // of a clone, so that sizes stays on the stack
		}
	}
}

// holds requires buffer b to have n words from word off on.
func holds(op, arg string, b Buffer, off, n int) {
	if b == nil {
		fail(op, "got nil for %s, want a buffer", arg)
	}
	if off < 0 || n < 0 || n > b.Len()-off {
		fail(op, "got %d words in %s, want %d from word %d", b.Len(), arg, n, off)
	}
}

// mayHold is holds, from word 0 on, for a buffer that may be nil.
func mayHold(op, arg string, b Buffer, n int) {
	if b != nil {
		holds(op, arg, b, 0, n)
	}
}

// reaches requires every element of a strided block to lie in b: the words off + i.strides, for all i within dims.
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

package backend

import "fmt"

// What the Check methods are made of. All of them panic in the name of the argument struct: op is "MatMul".

// check panics with the formatted text unless ok.
func check(ok bool, op, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("backend."+op+": "+format, args...))
	}
}

// positive demands that all sizes are at least 1. names is their list for people: "M, N, K".
func positive(op, names string, sizes ...int) {
	for _, n := range sizes {
		check(n >= 1, op, "got %s = %v, want all at least 1", names, sizes)
	}
}

// holds demands that buffer b of argument arg has words off..off+n.
func holds(op, arg string, b Buffer, off, n int) {
	check(b != nil, op, "got nil for %s, want a buffer", arg)
	check(off >= 0 && n >= 0 && n <= b.Len()-off, op, "got %d words in %s, want %d from word %d", b.Len(), arg, n, off)
}

// mayHold is holds from word 0 for a buffer that may be nil.
func mayHold(op, arg string, b Buffer, n int) {
	if b != nil {
		holds(op, arg, b, 0, n)
	}
}

// reaches demands that off plus any index within dims times its stride lies in b.
func reaches(op, arg string, b Buffer, off int, dims, strides []int) {
	check(b != nil, op, "got nil for %s, want a buffer", arg)
	lo, hi := off, off
	for i, n := range dims {
		if s := (n - 1) * strides[i]; s < 0 {
			lo += s
		} else {
			hi += s
		}
	}
	check(lo >= 0 && hi < b.Len(), op, "got %d words in %s, want words %d..%d (offset %d, sizes %v, strides %v)",
		b.Len(), arg, lo, hi, off, dims, strides)
}

package train

import (
	"fmt"
	"runtime/debug"
)

// Fault is a bug that one of a training's goroutines has run into: a panic there, which would end not only the training but the
// program, as an error.
type Fault struct {
	Panic any
	Stack []byte
}

// Error implements error.
func (f *Fault) Error() string {
	return fmt.Sprintf("train: internal error: %v\n\n%s", f.Panic, f.Stack)
}

// guarded runs f and returns a panic in it as a Fault.
func guarded(f func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &Fault{Panic: fault, Stack: debug.Stack()}
		}
	}()
	return f()
}

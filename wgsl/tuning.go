//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

// tuner chooses among variants of a kernel.
type tuner struct {
	forced *variant // set by tests and benchmarks
}

func newTuner(Options, AdapterInfo) tuner { return tuner{} }

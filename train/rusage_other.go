//go:build !unix

package train

// processorSeconds is 0: this system does not tell as easily.
func processorSeconds() float64 { return 0 }

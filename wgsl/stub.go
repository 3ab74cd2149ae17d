//go:build !cgo || !((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"runtime"
)

// Open returns ErrUnsupported with the reason.
func Open(Options) (*Device, error) { return nil, unsupported() }

// Adapters returns ErrUnsupported with the reason.
func Adapters() ([]AdapterInfo, error) { return nil, unsupported() }

func unsupported() error {
	return fmt.Errorf("%w for %s/%s: build with CGO_ENABLED=1 and a C compiler on linux/amd64, darwin or windows/amd64, "+
		"or use the CPU", ErrUnsupported, runtime.GOOS, runtime.GOARCH)
}

package project

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// segment is the model's, with errors that say whose they are: annotate.ErrDeviceLost and ErrDeviceMemory are the
// device's, and an InputError says what the model or the volume cannot do. A fault in the model is an error too: the work of
// everyone else goes on.
func (p *Project) segment(ctx context.Context, r slmsam.Request) (result *slmsam.Result, err error) {
	defer caught("a propagation", &err)
	result, err = p.model.Segment(ctx, r)
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("propagate: %w", err)
	case errors.Is(err, wgsl.ErrDeviceLost):
		return nil, fmt.Errorf("propagate: %w: %w", annotate.ErrDeviceLost, err)
	case errors.Is(err, wgsl.ErrOutOfMemory):
		return nil, fmt.Errorf("propagate: %w: %w", annotate.ErrDeviceMemory, err)
	}
	return nil, annotate.Inputf("%s", strings.TrimPrefix(err.Error(), "slmsam: "))
}

// caught, deferred, turns a fault in what the model is asked to do into an error.
func caught(doing string, err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("fault in %s: %v\n%s", doing, fault, debug.Stack())
	}
}

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

// segment calls the model, and says whose fault an error is: annotate.ErrDeviceLost and ErrDeviceMemory are the device's, and an
// InputError says what the model cannot do with this volume. A panic in the model becomes an error, too, so that everyone
// else's work continues.
func (p *Project) segment(ctx context.Context, r slmsam.Request) (result *slmsam.Result, err error) {
	defer caught("a propagation", &err)
	result, err = p.model.Segment(ctx, r)
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil, errors.Is(err, slmsam.ErrNothingLeft):
		return nil, fmt.Errorf("propagate: %w", err)
	case errors.Is(err, wgsl.ErrDeviceLost):
		return nil, fmt.Errorf("propagate: %w: %w", annotate.ErrDeviceLost, err)
	case errors.Is(err, wgsl.ErrOutOfMemory):
		return nil, fmt.Errorf("propagate: %w: %w", annotate.ErrDeviceMemory, err)
	}
	return nil, annotate.Inputf("%s", strings.TrimPrefix(err.Error(), "slmsam: "))
}

// caught turns a panic into an error. It must be deferred.
func caught(doing string, err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("fault in %s: %v\n%s", doing, fault, debug.Stack())
	}
}

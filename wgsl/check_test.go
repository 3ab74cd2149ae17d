package wgsl

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestEveryKernelChecks checks that wrong arguments panic with the message of their Check, before the device is
// used.
func TestEveryKernelChecks(t *testing.T) {
	kernels, d := reflect.TypeFor[backend.Kernels](), reflect.ValueOf(&Device{})
	for i := range kernels.NumMethod() {
		m := kernels.Method(i)
		argument := reflect.Zero(m.Type.In(0))
		want := panicOf(func() { argument.Interface().(interface{ Check() }).Check() })
		require.Equal(t, want, panicOf(func() { d.MethodByName(m.Name).Call([]reflect.Value{argument}) }), m.Name)
	}
}

// panicOf returns what call panics with, nil if it does not.
func panicOf(call func()) (value any) {
	defer func() { value = recover() }()
	call()
	return nil
}

// TestLauncherErrors checks that mistakes of this package's own launchers panic, too.
func TestLauncherErrors(t *testing.T) {
	d, _ := watched(t, AdapterInfo{}, Options{})
	b := d.Alloc(16)
	require.PanicsWithValue(t, "wgsl: fill.wgsl: got nil at binding 1, want a buffer", func() {
		d.run(d.kernel("fill.wgsl"), 1, 1, []span{{}}, params{{"n", 1}, {"value", float32(0)}})
	})
	require.PanicsWithValue(t, "wgsl.window: got words 0..17, want within 0..16", func() { window(b, 0, 17) })
	require.NoError(t, d.Sync())
}

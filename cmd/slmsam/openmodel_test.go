package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/wgsl"
	"github.com/stretchr/testify/require"
)

// TestPlainSAM2WeightsWorkWithAWarning removes the short memory from the weights.
func TestPlainSAM2WeightsWorkWithAWarning(t *testing.T) {
	w := newWorkspace(t)
	file, err := checkpoint.Read(w.model)
	require.NoError(t, err)
	plain := slices.DeleteFunc(file.List(), func(n checkpoint.Named) bool { return strings.HasPrefix(n.Name, "rec") })
	require.Less(t, len(plain), len(file.Order))
	require.NoError(t, checkpoint.WriteSafetensors(w.model, plain, file.Metadata, checkpoint.Options{Force: true}))

	r := w.propagate("--mask", w.mask, "-o", w.path("o.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "warn: these are plain SAM 2.1 weights")
	require.Contains(t, slmsamRun("info", w.model).out, "SAM 2.1 checkpoint")
}

// TestAutoTakesARealGPUOrSaysThatItIsTheCPU checks that the default device is never a software driver.
func TestAutoTakesARealGPUOrSaysThatItIsTheCPU(t *testing.T) {
	w := newWorkspace(t)
	r := slmsamRun("propagate", w.image, "--mask", w.mask, "--checkpoint", w.model, "-o", w.path("o.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	adapters, _ := wgsl.Adapters() // without WebGPU there are none
	for _, a := range adapters {
		if a.Kind != wgsl.Software {
			require.Contains(t, r.errors, "device: "+a.Name)
			return
		}
	}
	require.Contains(t, r.errors, "device: CPU")
	require.Contains(t, r.errors, "no usable GPU found")
}

// TestDeviceGPUFailsWithoutOne checks that --device gpu never falls back to the CPU.
func TestDeviceGPUFailsWithoutOne(t *testing.T) {
	w := newWorkspace(t)
	t.Setenv(allowSoftwareEnv, "")
	r := slmsamRun("propagate", w.image, "--mask", w.mask, "--checkpoint", w.model, "--device", "gpu", "--adapter", "no such adapter")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "device gpu")
	w.requireClean(t, w.path("scan_slmsam.nii.gz"))
}

package golden

import (
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// OnDevices runs a test on the CPU and on the GPU. Without a GPU (a software Vulkan driver counts) that part
// is skipped, or fails if SLMSAM_REQUIRE_GPU=1.
func OnDevices(t *testing.T, test func(t *testing.T, dev backend.Device)) {
	t.Run("cpu", func(t *testing.T) {
		dev := cpu.New(0)
		defer dev.Close()
		test(t, dev)
	})
	t.Run("wgsl", func(t *testing.T) {
		dev, err := wgsl.Open(wgsl.Options{AllowSoftware: true})
		if err != nil {
			if os.Getenv("SLMSAM_REQUIRE_GPU") == "1" {
				t.Fatalf("SLMSAM_REQUIRE_GPU=1: %v", err)
			}
			t.Skipf("no GPU: %v", err)
		}
		defer dev.Close()
		test(t, dev)
	})
}

// OnGPU says whether a device of OnDevices is the GPU.
func OnGPU(dev backend.Device) bool {
	_, ok := dev.(*wgsl.Device)
	return ok
}

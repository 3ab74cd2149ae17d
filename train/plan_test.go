package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestPlanCountsMemoryAndWork checks that recomputation takes less memory and more work, and that frozen parameters are not
// counted as trained.
func TestPlanCountsMemoryAndWork(t *testing.T) {
	r := train.Paper()
	plan, err := train.MakePlan(cpu.New(1), slmsam.Tiny(), r, 5)
	require.NoError(t, err)
	require.Equal(t, 500, plan.Steps)
	require.Greater(t, plan.Parameters, 40_000_000)
	r.Recompute = true
	less, err := train.MakePlan(cpu.New(1), slmsam.Tiny(), r, 5)
	require.NoError(t, err)
	require.Less(t, less.MemoryBytes, int64(12)<<30, "tiny at 1024 with recomputation must fit on a 12 GB card")
	require.Less(t, less.MemoryBytes, plan.MemoryBytes/4)
	require.Greater(t, less.StepGFLOP, plan.StepGFLOP)
	r.Freeze = []string{"image_encoder.*"}
	frozen, err := train.MakePlan(cpu.New(1), slmsam.Tiny(), r, 5)
	require.NoError(t, err)
	require.Less(t, frozen.Trained, plan.Trained)
}

// TestPlanAgreesWithTheCPU compares the planned memory with what a step allocates, and checks the speed that is measured.
func TestPlanAgreesWithTheCPU(t *testing.T) {
	r := tinyRecipe(3)
	plan, err := train.MakePlan(cpu.New(1), pico(), r, 2)
	require.NoError(t, err)
	dev := cpu.New(1)
	m := freshModel(t, dev)
	speed, err := train.Bench(t.Context(), nn.NewGraph(dev), m, twoCases(), r, 2)
	require.NoError(t, err)
	require.Len(t, speed.Seconds, 2)
	require.InEpsilon(t, float64(2*r.Batch)/(speed.Seconds[0]+speed.Seconds[1]), speed.ClipsPerSecond, 1e-9)
	require.Greater(t, speed.GFLOPPerStep, 0.0)
	require.InEpsilon(t, float64(plan.MemoryBytes), float64(dev.Memory().Peak), 0.5)
}

// whole is a device that cannot be split.
type whole struct{ backend.Device }

// TestPlanCountsWorkers checks how many groups of clips are computed at the same time on a CPU, and that the plan counts their
// memory.
func TestPlanCountsWorkers(t *testing.T) {
	r := tinyRecipe(3)
	r.Batch = 8
	plan := func(dev backend.Device) train.Plan {
		p, err := train.MakePlan(dev, pico(), r, 2)
		require.NoError(t, err)
		return p
	}
	one, two, many, gpu := plan(cpu.New(1)), plan(cpu.New(2)), plan(cpu.New(16)), plan(whole{cpu.New(2)})
	require.Equal(t, []int{1, 2, 4, 1}, []int{one.Workers, two.Workers, many.Workers, gpu.Workers})
	require.Equal(t, []int{2, 2, 2, 8}, []int{one.Together, two.Together, many.Together, gpu.Together})
	require.Greater(t, two.MemoryBytes, one.MemoryBytes)
	require.Greater(t, many.MemoryBytes, two.MemoryBytes)
	require.Equal(t, one.StepGFLOP, two.StepGFLOP)
}

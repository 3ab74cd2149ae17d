package cpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// The kernels of every instruction set that this machine has, against the plain loops.
func TestLevels(t *testing.T) {
	for _, level := range []string{"plain", "avx2", "avx512", "neon"} {
		t.Run(level, func(t *testing.T) {
			d, err := cpu.Open(cpu.Options{Level: level, Threads: 2})
			if err != nil {
				t.Skip(err)
			}
			kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{
				BindingWords: 1 << 14,
				Except:       sameAtEveryLevel(),
			})
		})
	}
}

// sameAtEveryLevel names the kernels that have no vector instructions of their own: TestKernels is enough for them.
func sameAtEveryLevel() map[string]string {
	return map[string]string{
		"Im2Col":  "copies runs",
		"RoPE":    "one loop of plain Go",
		"Fill":    "one loop of plain Go",
		"Dot":     "one loop of plain Go",
		"Dropout": "one loop of plain Go",
	}
}

func TestUnknownLevelIsAnError(t *testing.T) {
	_, err := cpu.Open(cpu.Options{Level: "sse9"})
	require.EqualError(t, err, `cpu: simd: unknown instruction set "sse9": want auto, plain, avx2, avx512 or neon`)
}

func TestUnknownPrecisionIsAnError(t *testing.T) {
	_, err := cpu.Open(cpu.Options{Precision: "fp8"})
	require.EqualError(t, err, `cpu: unknown precision "fp8": want f32 or bf16`)
	_, err = cpu.Open(cpu.Options{Precision: "bf16", Level: "avx2"})
	require.ErrorContains(t, err, "cpu: precision bf16: simd: ")
}

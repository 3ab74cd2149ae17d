package cpu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// eachLevel runs a test on a device for every instruction set, and skips it for those that this machine does not have.
func eachLevel(t *testing.T, threads int, test func(t *testing.T, d *Device)) {
	for _, level := range []string{"plain", "avx2", "avx512", "neon"} {
		t.Run(fmt.Sprintf("%s, %d threads", level, threads), func(t *testing.T) {
			d, err := Open(Options{Level: level, Threads: threads})
			if err != nil {
				t.Skip(err)
			}
			test(t, d)
		})
	}
}

// TestLevels compares the kernels of every instruction set that this machine has with the plain loops.
func TestLevels(t *testing.T) {
	eachLevel(t, 2, func(t *testing.T, d *Device) {
		kerneltest.Run(t, d, NewPlain(), kerneltest.Options{BindingWords: 1 << 14, Except: sameAtEveryLevel()})
	})
}

// sameAtEveryLevel names the kernels without vector instructions of their own, with the reason. TestKernels covers them.
func sameAtEveryLevel() map[string]string {
	return map[string]string{
		"Im2Col":  "copies runs",
		"RoPE":    "one loop of plain Go",
		"Fill":    "one loop of plain Go",
		"Dot":     "one loop of plain Go",
		"Dropout": "one loop of plain Go",
	}
}

// TestUnknownLevelIsAnError checks the message for an unknown instruction set.
func TestUnknownLevelIsAnError(t *testing.T) {
	_, err := Open(Options{Level: "sse9"})
	require.EqualError(t, err, `cpu: simd: unknown instruction set "sse9": want auto, plain, avx2, avx512 or neon`)
}

// TestUnknownPrecisionIsAnError checks the messages for an unknown precision, and for bf16 on an instruction set
// without it.
func TestUnknownPrecisionIsAnError(t *testing.T) {
	_, err := Open(Options{Precision: "fp8"})
	require.EqualError(t, err, `cpu: unknown precision "fp8": want f32 or bf16`)
	_, err = Open(Options{Precision: "bf16", Level: "avx2"})
	require.ErrorContains(t, err, "cpu: precision bf16: simd: ")
}

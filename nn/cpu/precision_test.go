package cpu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// roundEverything makes d round the operands of small products, too.
func roundEverything(d *Device) *Device {
	r := d.rounding
	r.rows, r.columns, r.steps, r.width = 0, 0, 0, 0
	return d
}

// TestBF16 compares products in bfloat16 with their specification, and with the specification in float32.
func TestBF16(t *testing.T) {
	for _, level := range []string{"plain", "avx512"} {
		for _, rounds := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/spec rounds %v", level, rounds), func(t *testing.T) {
				d, err := Open(Options{Level: level, Precision: "bf16", Threads: 2})
				if err != nil {
					t.Skip(err)
				}
				require.Equal(t, "bf16", d.Precision())
				ref := NewPlain()
				if rounds {
					ref = roundEverything(NewPlainBF16())
				}
				kerneltest.Run(t, roundEverything(d), ref, kerneltest.Options{
					BindingWords: 1 << 14,
					Only:         []string{"MatMul", "Attention", "AttentionBackward"},
					BF16:         true, RefBF16: rounds,
				})
			})
		}
	}
}

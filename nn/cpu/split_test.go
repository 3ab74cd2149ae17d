package cpu

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSplit checks how the threads of a device are divided among parts, which keep its other properties.
func TestSplit(t *testing.T) {
	threads := func(whole *Device, n int) (of []int) {
		for _, part := range whole.Split(n) {
			p := part.(*Device)
			require.Equal(t, whole.Precision(), p.Precision())
			require.Equal(t, whole.kernels.Name, p.kernels.Name)
			require.Equal(t, whole.plain, p.plain)
			of = append(of, p.threads)
			p.Close()
		}
		return of
	}
	require.Equal(t, []int{1, 2, 2}, threads(New(5), 3))
	require.Equal(t, []int{1, 1}, threads(New(2), 7), "no more parts than threads")
	rounding := New(2)
	rounding.rounding = newRounding(rounding.kernels)
	require.Equal(t, []int{1, 1}, threads(rounding, 2))
	require.Nil(t, New(1).Split(4))
	require.Nil(t, New(4).Split(1))
}

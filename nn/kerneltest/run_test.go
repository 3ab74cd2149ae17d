package kerneltest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOptionsSelectKernels checks what Only and Except leave out.
func TestOptionsSelectKernels(t *testing.T) {
	some := Options{Except: map[string]string{"MatMul": "has a test of its own"}}
	require.NoError(t, some.check())
	require.True(t, some.leavesOut("MatMul"))
	require.False(t, some.leavesOut("Map"))
	one := Options{Only: []string{"MatMul"}}
	require.NoError(t, one.check())
	require.False(t, one.leavesOut("MatMul"))
	require.True(t, one.leavesOut("Map"))
	for _, k := range kernelList() {
		require.False(t, Options{}.leavesOut(k.name), k.name)
	}
}

// TestOptionsRefuseMistakes checks the errors for unknown kernels and missing reasons.
func TestOptionsRefuseMistakes(t *testing.T) {
	require.EqualError(t, Options{Only: []string{"Matmul"}}.check(), `kerneltest.Run: Only names "Matmul", which is not a kernel`)
	require.EqualError(t, Options{Except: map[string]string{"Mapp": "slow"}}.check(), `kerneltest.Run: Except names "Mapp", which is not a kernel`)
	require.EqualError(t, Options{Except: map[string]string{"Map": ""}}.check(), `kerneltest.Run: Except names Map without a reason`)
}

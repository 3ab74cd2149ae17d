package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestCopyTo copies a model to another device. The copy equals the original and does not need it.
func TestCopyTo(t *testing.T) {
	m, err := slmsam.Open(cpu.New(1), "nano")
	require.NoError(t, err)
	c, err := m.CopyTo(cpu.New(2))
	require.NoError(t, err)
	require.Equal(t, m.Config, c.Config)
	require.Equal(t, m.Weights, c.Weights)
	want, err := m.State()
	require.NoError(t, err)
	got, err := c.State()
	require.NoError(t, err)
	require.Equal(t, want, got)
	m.Release()
	again, err := c.State()
	require.NoError(t, err)
	require.Equal(t, want, again, "after the original was released")
}

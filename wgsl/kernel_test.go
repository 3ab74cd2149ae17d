package wgsl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnroll checks how lines with loop variables are repeated.
func TestUnroll(t *testing.T) {
	code, err := unroll("keep // for now\n  c$I_$J = $Iu;   // for I<2, J<2\nend")
	require.NoError(t, err)
	require.Equal(t, "keep // for now\n  c0_0 = 0u;\n  c0_1 = 0u;\n  c1_0 = 1u;\n  c1_1 = 1u;\nend\n", code)
}

// TestSourceRefusesOpenPlaceholders checks the errors for a placeholder without a value and for an unknown file.
func TestSourceRefusesOpenPlaceholders(t *testing.T) {
	_, err := source("matmuldirect.wgsl", []string{"{{ROWS}}", "8"})
	require.ErrorContains(t, err, "placeholder without a value")
	_, err = source("nosuch.wgsl", nil)
	require.ErrorContains(t, err, "nosuch.wgsl")
}

// TestStorageBindings checks how a shader's bindings are read.
func TestStorageBindings(t *testing.T) {
	access, halves, err := storageBindings("@group(0) @binding(2) var<storage, read> b: array<vec2<u32>>;\n@group(0) @binding(1) var<storage, read_write> a: x;")
	require.NoError(t, err)
	require.Equal(t, "wr", access)
	require.Equal(t, []bool{false, true}, halves)
	_, _, err = storageBindings("@binding(2) var<storage, read> b: x;")
	require.Error(t, err)
}

// TestShadersHaveHeaders checks that every file begins with its name and a summary.
func TestShadersHaveHeaders(t *testing.T) {
	files, err := sources.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		text, err := sources.ReadFile(f.Name())
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "// "+strings.TrimSuffix(f.Name(), ".wgsl")+": "), f.Name())
	}
}

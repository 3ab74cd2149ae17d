package wgsl

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestParamFields checks how the fields of a struct Params are read, with vectors, arrays and inner structs.
func TestParamFields(t *testing.T) {
	fields, err := paramFields("struct Inner {\n    base: u32,\n    stride: u32,   // between rows\n    outer: u32,\n    last: f32,\n}\n\n" +
		"struct Params {\n    dims: vec4<u32>,  // a, b\n    base: array<vec4<u32>, 1>,\n    m: Inner,\n    p: f32,\n}\n")
	require.NoError(t, err)
	require.Equal(t, []field{
		{"dims.x", "u32"}, {"dims.y", "u32"}, {"dims.z", "u32"}, {"dims.w", "u32"},
		{"base.0.x", "u32"}, {"base.0.y", "u32"}, {"base.0.z", "u32"}, {"base.0.w", "u32"},
		{"m.base", "u32"}, {"m.stride", "u32"}, {"m.outer", "u32"}, {"m.last", "f32"}, {"p", "f32"},
	}, fields)
}

// TestParamFieldsRefusesWhatItDoesNotKnow checks the errors for structs that would be laid out differently than
// expected.
func TestParamFieldsRefusesWhatItDoesNotKnow(t *testing.T) {
	for text, want := range map[string]string{
		"fn main() {}":                                         "no struct Params",
		"struct Params {\n    n: i32,\n}\n":                    "member n: type i32 is not known here",
		"struct Params {\n    n: u32, m: u32,\n}\n":            "member n: type u32, m: u32 is not known here",
		"struct Params {\n    n: u32,\n    m: u32\n}\n":        "2 lines but 1 members",
		"struct Params {\n    n: u32,\n    d: vec4<u32>,\n}\n": "member d: 4 words from word 1 on, want multiples of 4",
	} {
		_, err := paramFields(text)
		require.ErrorContains(t, err, want)
	}
}

// TestParamsOfAllShaders checks that every shader's struct Params can be read, fits into the slot of a launch, and
// has no two fields with the same name.
func TestParamsOfAllShaders(t *testing.T) {
	files, err := sources.ReadDir(".")
	require.NoError(t, err)
	read := 0
	for _, f := range files {
		text, err := sources.ReadFile(f.Name())
		require.NoError(t, err)
		if !strings.Contains(string(text), "struct Params") {
			continue // shared by other files
		}
		shared, err := sources.ReadFile("matrix.wgsl")
		require.NoError(t, err)
		code, err := unroll(string(shared) + string(text))
		require.NoError(t, err, f.Name())
		fields, err := paramFields(code)
		require.NoError(t, err, f.Name())
		require.LessOrEqual(t, len(fields), slotBytes/4, f.Name())
		seen := map[string]bool{}
		for _, w := range fields {
			require.False(t, seen[w.name], "%s: two words %s", f.Name(), w.name)
			seen[w.name] = true
		}
		read++
	}
	require.NotZero(t, read)
}

// TestParamsCheck checks the messages for parameters that do not fit the struct.
func TestParamsCheck(t *testing.T) {
	fields := []field{{"n", "u32"}, {"value", "f32"}}
	require.NotPanics(t, func() { params{{"n", 1}, {"value", float32(2)}}.check("fill.wgsl", fields) })
	for want, sent := range map[string]params{
		"wgsl: fill.wgsl: got no param value, want all of struct Params":                            {{"n", 1}},
		"wgsl: fill.wgsl: got value of kind f32 as word 0 of struct Params, want n of kind u32":     {{"value", float32(2)}, {"n", 1}},
		"wgsl: fill.wgsl: got value of kind u32 as word 1 of struct Params, want value of kind f32": {{"n", 1}, {"value", 2}},
		"wgsl: fill.wgsl: got param more, which struct Params does not have":                        {{"n", 1}, {"value", float32(2)}, {"more", 3}},
	} {
		require.PanicsWithValue(t, want, func() { sent.check("fill.wgsl", fields) })
	}
}

// TestParamWord checks how values are encoded.
func TestParamWord(t *testing.T) {
	for _, c := range []struct {
		value any
		want  uint32
	}{{3, 3}, {-1, math.MaxUint32}, {uint32(7), 7}, {float32(1), 0x3f800000}, {true, 1}, {false, 0}} {
		require.Equal(t, c.want, param{"n", c.value}.word())
	}
	require.PanicsWithValue(t, "wgsl: got a string for param n, want an int, uint32, float32 or bool", func() { param{"n", "x"}.word() })
}

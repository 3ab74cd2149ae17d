package checkpoint

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// rows reads a .tsv file of the fixtures, without its header.
func rows(t *testing.T, path string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var out [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[1:] {
		out = append(out, strings.Split(line, "\t"))
	}
	return out
}

// sam21 returns the toy's SAM 2.1 state: its weights without the short memory.
func sam21(t *testing.T) map[string]*Tensor {
	out := map[string]*Tensor{}
	for name, w := range state(t, fixture(t, "toy", "weights.safetensors")).Tensors {
		if !strings.HasPrefix(name, "recent_memory_") && name != "rec_maskmem_tpos_enc" {
			out[name] = w
		}
	}
	return out
}

// TestInitSLMFollowsTheRecordedRule checks every parameter of an initialized short memory against the rule that was
// recorded for it.
func TestInitSLMFollowsTheRecordedRule(t *testing.T) {
	sam := sam21(t)
	got, err := InitSLM(sam, 1)
	require.NoError(t, err)

	want := map[string][]int{}
	for name, w := range state(t, fixture(t, "toy", "weights.safetensors")).Tensors {
		want[name] = w.Shape
	}
	require.NoError(t, KeyDiff(want, got))

	for _, row := range rows(t, fixture(t, "toy", "training", "init_rule.tsv")) {
		name, rule := row[0], row[1]
		v := got[name]
		require.NotNil(t, v, name)
		if rule == "checkpoint" {
			require.Same(t, sam[name], v, name)
		}
		if source, ok := strings.CutPrefix(rule, "copy of checkpoint "); ok {
			require.Equal(t, sam[source].Data, v.Data, name)
			require.NotSame(t, &sam[source].Data[0], &v.Data[0], name)
		}
		if _, rest, ok := strings.Cut(rule, "fresh (constant "); ok {
			text, _, _ := strings.Cut(rest, ")")
			value, err := strconv.ParseFloat(text, 32)
			require.NoError(t, err)
			for _, x := range v.Data {
				require.Equal(t, float32(value), x, name)
			}
		}
		if _, twin, ok := strings.Cut(rule, "identical to "); ok {
			require.Equal(t, got[twin].Data, v.Data, name)
		}
	}
}

// tinySAM returns the smallest state that InitSLM accepts as SAM 2.1's.
func tinySAM() map[string]*Tensor {
	return map[string]*Tensor{
		"maskmem_tpos_enc":                         NewF32(make([]float32, 14), 7, 1, 1, 2),
		"memory_attention.norm.weight":             NewF32([]float32{1, 2, 3, 4}, 4),
		"memory_attention.layers.0.linear1.weight": NewF32([]float32{1, 2, 3, 4}, 1, 4),
		"memory_encoder.fuser.layers.0.gamma":      NewF32([]float32{1, 1, 1, 1}, 4),
		"memory_encoder.fuser.layers.1.gamma":      NewF32([]float32{1, 1, 1, 1}, 4),
	}
}

// TestInitSLM checks copies, shapes and the distribution of random values in an initialized short memory, that the
// seed determines them, and which states are refused.
func TestInitSLM(t *testing.T) {
	got, err := InitSLM(tinySAM(), 7)
	require.NoError(t, err)
	require.True(t, HasShortMemory(got))
	require.Equal(t, []float32{1, 2, 3, 4}, got["recent_memory_attention.layers.0.linear1.weight"].Data)
	require.Equal(t, []int{7, 1, 1, 2}, got["rec_maskmem_tpos_enc"].Shape)

	w := got["recent_memory_fuser.layers.1.pwconv1.weight"]
	require.Equal(t, []int{16, 4}, w.Shape)
	var sum, square float64
	for _, x := range w.Data {
		require.LessOrEqual(t, math.Abs(float64(x)), 0.5) // 1/sqrt(4)
		sum += float64(x)
		square += float64(x) * float64(x)
	}
	// U(-b, b) has variance b^2/3; 64 draws.
	require.InDelta(t, 0, sum/64, 0.1)
	require.InDelta(t, 0.25/3, square/64, 0.03)

	again, err := InitSLM(tinySAM(), 7)
	require.NoError(t, err)
	require.Equal(t, got, again)
	other, err := InitSLM(tinySAM(), 8)
	require.NoError(t, err)
	require.NotEqual(t, w.Data, other["recent_memory_fuser.layers.1.pwconv1.weight"].Data)

	_, err = InitSLM(got, 7)
	require.ErrorContains(t, err, "already has")
	_, err = InitSLM(map[string]*Tensor{}, 7)
	require.ErrorContains(t, err, "not a SAM 2.1 state")
}

// TestDraws compares the first draws of key FNV-1a("1/a") with those of a Python script that follows the fixtures'
// README, "Random numbers".
func TestDraws(t *testing.T) {
	d := NewDraws("1", "a")
	require.Equal(t, []uint64{0x66939e8084f8d9ec, 0xc4afc282ceea44f4, 0xfecc0d48c04621ea}, []uint64{d.Bits(0), d.Bits(1), d.Bits(2)})
}

// keys reads a table of names and shapes from the fixtures.
func keys(t *testing.T, file string) map[string][]int {
	t.Helper()
	return shared.Shapes(t, fixture(t, "keys", file))
}

// TestInitSLMOfTheOfficialKeys checks that the official SAM 2.1 tiny becomes exactly the state of SLM-SAM 2 tiny.
func TestInitSLMOfTheOfficialKeys(t *testing.T) {
	sam := map[string]*Tensor{}
	for name, shape := range keys(t, "sam2.1_tiny_keys.tsv") {
		sam[name] = &Tensor{Shape: shape} // only shapes matter here
	}
	got, err := InitSLM(sam, 1)
	require.NoError(t, err)
	require.NoError(t, KeyDiff(keys(t, "slm_sam2_tiny_keys.tsv"), got))
}

// TestKeyDiff checks the error for missing and unexpected parameters and wrong shapes, and that long lists are cut
// off.
func TestKeyDiff(t *testing.T) {
	have := map[string]*Tensor{"a": NewF32([]float32{1, 2}, 2), "b": NewF32([]float32{1}, 1)}
	require.NoError(t, KeyDiff(map[string][]int{"a": {2}, "b": {1}}, have))

	err := KeyDiff(map[string][]int{"a": {1, 2}, "c": {3}, "d": {}}, have)
	require.EqualError(t, err, `checkpoint: the weights do not fit the model: 2 missing, 1 unexpected, 1 with another shape (of 3 expected)
  missing:
    c [3]
    d []
  unexpected:
    b [1]
  shape:
    a: got [2], want [1 2]`)

	many := map[string][]int{}
	for i := range 100 {
		many[strconv.Itoa(i)] = []int{1}
	}
	require.ErrorContains(t, KeyDiff(many, have), "100 missing, 2 unexpected")
	require.ErrorContains(t, KeyDiff(many, have), "... and 80 more")
}

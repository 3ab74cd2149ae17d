package eval

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBootstrap compares a confidence interval with the normal approximation, and checks that it depends on the seed and the
// name only.
func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	values := make([]float64, 200)
	for i := range values {
		values[i] = 3 + 2*rng.NormFloat64()
	}
	got := Bootstrap(values, 4000, 1, "a")
	m := mean(values)
	var ss float64
	for _, v := range values {
		ss += (v - m) * (v - m)
	}
	standardError := math.Sqrt(ss/200) / math.Sqrt(200)
	require.InDelta(t, m, float64(got.Mean), 1e-12)
	require.InDelta(t, m-1.96*standardError, float64(got.Low), 0.15*standardError, "normal approximation")
	require.InDelta(t, m+1.96*standardError, float64(got.High), 0.15*standardError)

	require.Equal(t, got, Bootstrap(values, 4000, 1, "a"), "seeded")
	require.NotEqual(t, got, Bootstrap(values, 4000, 2, "a"))
	require.NotEqual(t, got, Bootstrap(values, 4000, 1, "b"))
	require.Equal(t, Interval{2, 2, 2}, Bootstrap([]float64{2, 2, 2}, 100, 1, ""))
	one := Bootstrap([]float64{7}, 100, 1, "")
	require.Equal(t, Value(7), one.Mean)
	require.False(t, one.Low.Defined())
	require.False(t, Bootstrap(nil, 100, 1, "").Mean.Defined())
}

// TestWilcoxon compares p-values with those of scipy.stats.wilcoxon, SciPy 1.17.1: method exact for the first two, and approx
// with correction False for the long one. The third has ties, for which the exact distribution was enumerated over all signs.
func TestWilcoxon(t *testing.T) {
	require.InDelta(t, 0.0546875, Wilcoxon([]float64{1.5, 2.25, -0.5, 3, 4.75, -1.25, 6, 0.75}), 1e-12)
	require.InDelta(t, 0.0068359375, Wilcoxon([]float64{-3, -2, -1, 4, 5, 6, 7, 8, 9, 10, 11, 12}), 1e-12)
	require.InDelta(t, 0.328125, Wilcoxon([]float64{1, 1, -1, 2, 2, 0, 3, -2}), 1e-12)
	long := make([]float64, 80)
	for i := range long {
		long[i] = float64((i*37)%23) - 8
	}
	require.InDelta(t, 0.0009911462721674622, Wilcoxon(long), 1e-10)
	require.InDelta(t, 1, Wilcoxon([]float64{1, -1}), 0)
	require.True(t, math.IsNaN(Wilcoxon([]float64{0, 0})))
	require.True(t, math.IsNaN(Wilcoxon(nil)))
}

// TestCompare checks that only cases for which both methods have a value are compared.
func TestCompare(t *testing.T) {
	a := map[string]float64{"x": 0.9, "y": 0.8, "z": math.NaN(), "only": 1}
	b := map[string]float64{"x": 0.7, "y": 0.7, "z": 0.5, "other": 0}
	c := Compare(a, b, 1000, 1, "")
	require.Equal(t, 2, c.Cases)
	require.InDelta(t, 0.15, float64(c.Difference.Mean), 1e-12)
	require.InDelta(t, 0.5, float64(c.PValue), 1e-12)
	require.InDelta(t, 0.1, float64(c.Difference.Low), 1e-12)
	require.InDelta(t, 0.2, float64(c.Difference.High), 1e-12)
}

// TestPercentile compares with numpy.percentile([1, 2, 3, 4], 95), and checks the extremes.
func TestPercentile(t *testing.T) {
	require.InDelta(t, 3.85, percentile([]float64{1, 2, 3, 4}, 0.95), 1e-12)
	require.Equal(t, 4.0, percentile([]float64{1, 2, 3, 4}, 1))
	require.True(t, math.IsNaN(percentile(nil, 0.5)))
}

// TestValueJSON checks that undefined values are null in JSON.
func TestValueJSON(t *testing.T) {
	raw, err := json.Marshal([]Value{1.5, Value(math.NaN()), Value(math.Inf(1))})
	require.NoError(t, err)
	require.JSONEq(t, `[1.5,null,null]`, string(raw))
	var back []Value
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, Value(1.5), back[0])
	require.False(t, back[1].Defined())
	require.False(t, back[2].Defined())
}

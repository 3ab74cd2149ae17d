package eval

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap settings of the paper: 1,000 resamples, 95 % percentile interval.
const (
	DefaultResamples = 1000
	maxResamples     = 1_000_000 // all means are kept in memory, and more resamples change no digit that is printed
	intervalLow      = 0.025
	intervalHigh     = 0.975
)

// Interval is a mean with its 95 % percentile bootstrap interval. Without observations all of it is NaN; with a single one
// only Mean is defined.
type Interval struct {
	Mean Value `json:"mean"`
	Low  Value `json:"low"`
	High Value `json:"high"`
}

// Bootstrap resamples values with replacement and returns their mean and the 2.5 % and 97.5 % quantiles of the resampled
// means (linear interpolation). The same values, seed and stream give the same interval; stream separates statistics of
// one table, so that adding a method to it leaves the intervals of the others unchanged.
func Bootstrap(values []float64, resamples int, seed uint64, stream string) Interval {
	n := len(values)
	nan := Value(math.NaN())
	if n == 0 {
		return Interval{nan, nan, nan}
	}
	mean := Value(sum(values) / float64(n))
	if n == 1 || resamples < 1 {
		return Interval{mean, nan, nan}
	}
	h := fnv.New64a()
	h.Write([]byte(stream))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	means := make([]float64, resamples)
	for i := range means {
		for range n {
			means[i] += values[rng.IntN(n)]
		}
		means[i] /= float64(n)
	}
	slices.Sort(means)
	return Interval{mean, Value(percentile(means, intervalLow)), Value(percentile(means, intervalHigh))}
}

// exactWilcoxon is the largest number of non-zero differences for which the p-value is exact.
const exactWilcoxon = 50

// Wilcoxon returns the two-sided p-value of the signed-rank test that paired differences are symmetric about zero. Zero
// differences are dropped, ties get mid-ranks. Up to 50 differences the p-value is exact, given the ties; beyond, it is
// the normal approximation with tie correction. It is NaN without a non-zero difference.
func Wilcoxon(differences []float64) float64 {
	var d []float64
	for _, x := range differences {
		if x != 0 {
			d = append(d, x)
		}
	}
	if len(d) == 0 {
		return math.NaN()
	}
	ranks, tieTerm := doubledRanks(d)
	positive, total := 0, 0
	for i, r := range ranks {
		total += r
		if d[i] > 0 {
			positive += r
		}
	}
	smaller := min(positive, total-positive)
	if len(d) <= exactWilcoxon {
		return min(1, 2*signedRankTail(ranks, total, smaller))
	}
	n := float64(len(d))
	w := float64(smaller) / 2
	variance := n*(n+1)*(2*n+1)/24 - tieTerm/48
	z := (w - n*(n+1)/4) / math.Sqrt(variance)
	return math.Erfc(-z / math.Sqrt2)
}

// doubledRanks returns twice the mid-rank of each |d|, an integer, and the sum of t³-t over groups of t ties.
func doubledRanks(d []float64) (ranks []int, tieTerm float64) {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := math.Abs(d[a]), math.Abs(d[b]); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	ranks = make([]int, len(d))
	for from := 0; from < len(d); {
		to := from
		for to < len(d) && math.Abs(d[order[to]]) == math.Abs(d[order[from]]) {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = from + 1 + to // ranks from+1..to average to half of this
		}
		t := float64(to - from)
		tieTerm += t*t*t - t
		from = to
	}
	return ranks, tieTerm
}

// signedRankTail returns the probability that the sum of the positive ranks is at most limit if each rank's sign is positive or
// negative with equal probability. total is the sum of all ranks.
func signedRankTail(ranks []int, total, limit int) float64 {
	probability := make([]float64, total+1)
	probability[0] = 1
	for _, r := range ranks {
		for s := total; s >= 0; s-- {
			p := probability[s] / 2
			if s >= r {
				p += probability[s-r] / 2
			}
			probability[s] = p
		}
	}
	return sum(probability[:limit+1])
}

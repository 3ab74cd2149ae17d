package cpu

// maxDims is the largest number of dimensions of a strided block: that of Copy.
const maxDims = 5

// block is an iteration over operands of the same size with different strides (Copy: X and Y; Zip: X, Y and Z).
type block struct {
	dims    []int
	strides [][]int // of each operand
	size    int     // product of dims
}

// newBlock merges adjacent dimensions that all operands can step through as one, so that the innermost runs are as long as
// possible.
func newBlock(dims []int, strides ...[]int) block {
	b := block{strides: make([][]int, len(strides)), size: 1}
	for _, n := range dims {
		b.size *= n
	}
	for i, n := range dims {
		last := len(b.dims) - 1
		mergeable := last >= 0
		for k := range strides {
			mergeable = mergeable && (n == 1 || b.dims[last] == 1 || b.strides[k][last] == n*strides[k][i])
		}
		if n == 1 && last >= 0 {
			continue
		}
		if !mergeable {
			b.dims = append(b.dims, n)
			for k := range strides {
				b.strides[k] = append(b.strides[k], strides[k][i])
			}
			continue
		}
		b.dims[last] *= n
		for k := range strides {
			b.strides[k][last] = strides[k][i]
		}
	}
	return b
}

// step returns the stride of operand k within a run.
func (b block) step(k int) int {
	return b.strides[k][len(b.dims)-1]
}

// runs divides the elements lo..hi-1, in row-major order, into runs along the innermost dimension. It calls fn for each: a run
// has n elements, the first of which has the given offset in each operand.
func (b block) runs(lo, hi int, fn func(n int, off [3]int)) {
	last := len(b.dims) - 1
	var index [maxDims]int
	for rest, i := lo, last; i >= 0; i-- {
		index[i] = rest % b.dims[i]
		rest /= b.dims[i]
	}
	var off [3]int
	for k, strides := range b.strides {
		for i, s := range strides {
			off[k] += index[i] * s
		}
	}
	for lo < hi {
		n := min(b.dims[last]-index[last], hi-lo)
		fn(n, off)
		lo += n
		index[last] += n
		for k, strides := range b.strides {
			off[k] += n * strides[last]
		}
		for i := last; i > 0 && index[i] == b.dims[i]; i-- {
			index[i] = 0
			index[i-1]++
			for k, strides := range b.strides {
				off[k] += strides[i-1] - b.dims[i]*strides[i]
			}
		}
	}
}

package wgsl

// chunk is n consecutive items of a longer list, from item start on.
type chunk struct{ start, n int }

// chunks splits items of the given number of words into runs that fit a storage binding, even with an unaligned start, and take
// at most a third of a submission's work (at one FLOP per word). If a single item is larger than that, the caller has to split
// it.
func (d *Device) chunks(items, words int) []chunk {
	most := min(d.bindingWords(), int(d.limits.batchWork/3))
	return split(items, max(most/words, 1))
}

// split divides items into runs of at most size.
func split(items, size int) []chunk {
	var cs []chunk
	for start := 0; start < items; start += size {
		cs = append(cs, chunk{start, min(size, items-start)})
	}
	return cs
}

// bindingWords is the number of words that a window may have, wherever it begins.
func (d *Device) bindingWords() int { return int(d.limits.bindingBytes/4) - alignWords }

// grid returns the workgroups for n items, in workgroups of size threads: along x if possible, otherwise along x and y.
func (d *Device) grid(n, size int) [3]int {
	groups := ceilDiv(n, size)
	rows := ceilDiv(groups, d.limits.workgroups)
	return [3]int{ceilDiv(groups, rows), rows, 1}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

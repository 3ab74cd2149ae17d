package wgsl

// chunk is items start..start+n of a longer list.
type chunk struct{ start, n int }

// chunks splits items of so many words each into runs that fit a storage binding (an unaligned start included) and a
// third of the work of a submission (one FLOP a word). Items larger than that are the caller's to split.
func (d *Device) chunks(items, words int) []chunk {
	most := min(d.bindingWords(), int(d.limits.batchWork/3))
	return split(items, max(most/words, 1))
}

// split cuts 0..items into runs of at most size.
func split(items, size int) []chunk {
	var cs []chunk
	for start := 0; start < items; start += size {
		cs = append(cs, chunk{start, min(size, items-start)})
	}
	return cs
}

// bindingWords is how many words a window may have, wherever it begins.
func (d *Device) bindingWords() int { return int(d.limits.bindingBytes/4) - alignWords }

// grid returns the workgroups for n items in workgroups of size: one dimension while it lasts, then two.
func (d *Device) grid(n, size int) [3]int {
	groups := ceilDiv(n, size)
	rows := ceilDiv(groups, d.limits.workgroups)
	return [3]int{ceilDiv(groups, rows), rows, 1}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

package cpu

import "github.com/seed-6f79f512/slmsam/nn/cpu/simd"

const (
	depthwiseTaps   = simd.DepthwiseTaps
	depthwiseMargin = depthwiseTaps / 2
	// depthwiseBand is the number of rows of an image in a task, over which gradients of weights are summed in float32.
	depthwiseBand = 16
)

// depthwise is a convolution of each channel of images x [batch,h,w,c] with its own 7 x 7 kernel, weight [7,7,c], which is stored
// in y, or added to it. A task computes a band of rows for a block of NR channels, as many as the inner loops take at once. It
// first copies the rows that it needs, so that the pixels of the block are adjacent and padded with zeros on both sides.
type depthwise struct {
	x, y, bias, weight []float32
	add                bool
	batch, h, w, c     int
}

// groups is the number of groups of pixels in a row; the last one may be padded.
func (a depthwise) groups() int { return ceilDiv(a.w, simd.DepthwiseGroup) }

// rowWords is the length of a copied row with width channels, including padding.
func (a depthwise) rowWords(width int) int {
	return (a.groups()*simd.DepthwiseGroup + depthwiseTaps - 1) * width
}

// depthwiseTask is a band of an image and a block of its channels.
type depthwiseTask struct {
	image, block   int
	top, bottom    int // the rows top..bottom-1 of the band
	first, width   int // the channels of the block: width of them, from first on
	inTop, inCount int // the rows of x that the band depends on: inCount of them, from inTop on
}

// tasks returns the number of bands in an image, of blocks of nr channels, and of tasks in all.
func (a depthwise) tasks(nr int) (bands, blocks, n int) {
	bands, blocks = ceilDiv(a.h, depthwiseBand), ceilDiv(a.c, nr)
	return bands, blocks, a.batch * bands * blocks
}

// task returns task i. The tasks of a band are consecutive.
func (a depthwise) task(i, nr int) depthwiseTask {
	bands, blocks, _ := a.tasks(nr)
	t := depthwiseTask{image: i / blocks / bands, block: i % blocks}
	t.top = i / blocks % bands * depthwiseBand
	t.bottom = min(a.h, t.top+depthwiseBand)
	t.first = t.block * nr
	t.width = min(nr, a.c-t.first)
	t.inTop = max(0, t.top-depthwiseMargin)
	t.inCount = min(a.h, t.bottom+depthwiseMargin) - t.inTop
	return t
}

// layOut copies n rows, from row y on, of the block of task t to dst. src is laid out like x. It pads each row with zeros on both
// sides, and the last block with zero channels.
func (a depthwise) layOut(f *simd.Kernels, dst, src []float32, t depthwiseTask, y, n int) {
	words := a.rowWords(f.NR)
	for r := range n {
		row, at := dst[r*words:][:words], ((t.image*a.h+y+r)*a.w)*a.c+t.first
		end := (depthwiseMargin + a.w) * f.NR
		clear(row[:depthwiseMargin*f.NR])
		clear(row[end:])
		if t.width == f.NR {
			f.CopyB(a.w, src[at:], a.c, row[depthwiseMargin*f.NR:])
			continue
		}
		for p := range a.w {
			pixel := row[(depthwiseMargin+p)*f.NR:][:f.NR]
			copy(pixel, src[at+p*a.c:][:t.width])
			clear(pixel[t.width:])
		}
	}
}

// packKernels copies rows [n,c] to blocks of nr channels: [blocks,n,nr]. The last block is padded with zeros.
func packKernels(x []float32, c, nr int) []float32 {
	n, blocks := len(x)/c, ceilDiv(c, nr)
	packed := make([]float32, blocks*n*nr)
	for b := range blocks {
		width := min(nr, c-b*nr)
		for i := range n {
			copy(packed[(b*n+i)*nr:][:width], x[i*c+b*nr:])
		}
	}
	return packed
}

// depthwiseFast computes a with the inner loops of the device.
func (d *Device) depthwiseFast(a depthwise) {
	f := &d.kernels
	_, _, n := a.tasks(f.NR)
	weight := packKernels(a.weight, a.c, f.NR)
	var bias []float32
	if a.bias != nil {
		bias = packKernels(a.bias, a.c, f.NR)
	}
	words := a.rowWords(f.NR)
	group := simd.DepthwiseGroup * f.NR
	need := (depthwiseBand+depthwiseTaps-1)*words + group
	threads := min(d.threads, n)
	scratch := d.pool.take(threads * need)
	d.workers.share(threads, n, func(worker, i int) {
		t := a.task(i, f.NR)
		mine := scratch[worker*need:][:need]
		rows, rest := mine[:need-group], mine[need-group:]
		a.layOut(f, rows, a.x, t, t.inTop, t.inCount)
		kernel := weight[t.block*depthwiseTaps*depthwiseTaps*f.NR:]
		var begin []float32
		if bias != nil {
			begin = bias[t.block*f.NR:][:f.NR]
		}
		for y := t.top; y < t.bottom; y++ {
			lo, hi := inside(y-depthwiseMargin, depthwiseTaps, a.h)
			a.row(f, rows[(y-depthwiseMargin+lo-t.inTop)*words:], kernel[lo*depthwiseTaps*f.NR:], begin, hi-lo, t, y, rest)
		}
	})
	d.pool.put(scratch)
}

// row computes row y of task t from n copied rows and as many rows of the kernel. A padded group, or a padded block, cannot be
// written to y directly; it goes through rest, which holds a group.
func (a depthwise) row(f *simd.Kernels, rows, kernel, bias []float32, n int, t depthwiseTask, y int, rest []float32) {
	words := a.rowWords(f.NR)
	out := a.y[((t.image*a.h+y)*a.w)*a.c+t.first:]
	direct := 0 // groups
	if t.width == f.NR {
		direct = a.w / simd.DepthwiseGroup
	}
	if direct > 0 {
		from, ldf := bias, 0
		if a.add {
			from, ldf = out, a.c
		}
		f.Depthwise(direct, n, rows, words, kernel, out, a.c, from, ldf)
	}
	for g := direct; g < a.groups(); g++ {
		p := g * simd.DepthwiseGroup
		f.Depthwise(1, n, rows[p*f.NR:], words, kernel, rest, f.NR, bias, 0)
		for i := range min(simd.DepthwiseGroup, a.w-p) {
			to, sums := out[(p+i)*a.c:][:t.width], rest[i*f.NR:][:t.width]
			if a.add {
				addInto(to, sums)
			} else {
				copy(to, sums)
			}
		}
	}
}

// depthwiseWeightGradFast adds to dweight [7,7,c] the gradient for the images a.x and dy, which is laid out like x. Each task has
// sums of its own, which are added in order, whatever the number of threads.
func (d *Device) depthwiseWeightGradFast(dweight, dy []float32, a depthwise) {
	f := &d.kernels
	_, blocks, n := a.tasks(f.NR)
	words, size := a.rowWords(f.NR), depthwiseTaps*depthwiseTaps*f.NR
	need := (2*depthwiseBand + depthwiseTaps - 1) * words
	threads := min(d.threads, n)
	scratch, sums := d.pool.take(threads*need), d.pool.take(n*size)
	d.workers.share(threads, n, func(worker, i int) {
		t := a.task(i, f.NR)
		mine := scratch[worker*need:][:need]
		grad, rows := mine[:depthwiseBand*words], mine[depthwiseBand*words:]
		a.layOut(f, grad, dy, t, t.top, t.bottom-t.top)
		a.layOut(f, rows, a.x, t, t.inTop, t.inCount)
		out := sums[i*size:][:size]
		clear(out)
		for ky := range depthwiseTaps {
			lo, hi := max(t.top, depthwiseMargin-ky), min(t.bottom, a.h+depthwiseMargin-ky) // rows of dy for which the row of x under tap ky exists
			if lo < hi {
				at := (lo + ky - depthwiseMargin - t.inTop) * words
				f.DepthwiseGradient(a.groups(), hi-lo, out[ky*depthwiseTaps*f.NR:], rows[at:], words,
					grad[(lo-t.top)*words+depthwiseMargin*f.NR:], words)
			}
		}
	})
	d.pool.put(scratch)
	d.parallel(depthwiseTaps*depthwiseTaps, n*f.NR, func(lo, hi int) {
		total := make([]float64, a.c)
		for place := lo; place < hi; place++ {
			clear(total)
			for i := range n {
				first := i % blocks * f.NR
				axpy(total[first:min(a.c, first+f.NR)], 1, sums[i*size+place*f.NR:][:min(f.NR, a.c-first)])
			}
			addRounded(dweight[place*a.c:][:a.c], total)
		}
	})
	d.pool.put(sums)
}

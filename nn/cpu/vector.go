package cpu

// Inner loops that several kernels share. Sums have four independent parts, because each addition has to wait for the previous one.

// worthwhile is the length from which a function of nn/cpu/simd is faster than a loop.
const worthwhile = 16

// dot returns sum_i x[i]*y[i] over the length of x; y may be longer.
func dot(x, y []float32) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a, b := x[i:i+4:i+4], y[i:i+4:i+4]
		s0 += float64(a[0]) * float64(b[0])
		s1 += float64(a[1]) * float64(b[1])
		s2 += float64(a[2]) * float64(b[2])
		s3 += float64(a[3]) * float64(b[3])
	}
	for ; i < len(x); i++ {
		s0 += float64(x[i]) * float64(y[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// sum returns sum_i x[i].
func sum(x []float32) float64 {
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a := x[i : i+4 : i+4]
		s0 += float64(a[0])
		s1 += float64(a[1])
		s2 += float64(a[2])
		s3 += float64(a[3])
	}
	for ; i < len(x); i++ {
		s0 += float64(x[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// axpy adds a*x[i] to y[i].
func axpy(y []float64, a float64, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * float64(v)
	}
}

// add adds x[i] to y[i], in vector instructions where the device has them.
func (d *Device) add(y, x []float32) {
	if d.plain {
		addInto(y, x[:len(y)])
		return
	}
	d.kernels.Add(y, y, x)
}

// addInto adds x[i] to y[i].
func addInto(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += v
	}
}

// mulAdd adds x[i]*w[i] to y[i].
func mulAdd(y, x, w []float32) {
	x, w = x[:len(y)], w[:len(y)]
	for i := range y {
		y[i] += x[i] * w[i]
	}
}

// fill sets all words of x to v.
func fill(x []float32, v float32) {
	if v == 0 {
		clear(x)
		return
	}
	for i := range x {
		x[i] = v
	}
}

// store writes v to y, or adds it.
func store(y *float32, v float32, accumulate bool) {
	if accumulate {
		*y += v
	} else {
		*y = v
	}
}

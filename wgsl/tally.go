package wgsl

import (
	"maps"
	"strings"
)

// Tally counts what a device was asked to do since it was opened.
type Tally struct {
	Kernels     map[string]KernelTally // by shader file, without its suffix: "matmultiled"
	Submissions int
	Readbacks   int   // times that the host waited for data to read
	Waits       int   // other waits of the host
	Sent, Got   int64 // bytes that the host wrote and read
}

// KernelTally counts the launches of a kernel.
type KernelTally struct {
	Dispatches int

	// FLOP is the work of kernels that consist of multiply-adds, 2 for each, without padding; 0 for all others.
	FLOP float64

	// Read and Written are bytes of operands. Each is counted once per launch, however often the kernel reads it; an operand that
	// is changed in place counts as written only. So this is the least memory traffic, apart from what caches save.
	Read, Written int64
}

// Plus returns the sum of two tallies of a kernel.
func (k KernelTally) Plus(o KernelTally) KernelTally {
	return KernelTally{k.Dispatches + o.Dispatches, k.FLOP + o.FLOP, k.Read + o.Read, k.Written + o.Written}
}

// Tally returns the counts so far.
func (d *Device) Tally() Tally {
	t := d.tally
	t.Kernels = maps.Clone(t.Kernels)
	return t
}

// Since returns the difference from an earlier tally of the same device.
func (t Tally) Since(earlier Tally) Tally {
	diff := Tally{map[string]KernelTally{}, t.Submissions - earlier.Submissions, t.Readbacks - earlier.Readbacks,
		t.Waits - earlier.Waits, t.Sent - earlier.Sent, t.Got - earlier.Got}
	for name, k := range t.Kernels {
		e := earlier.Kernels[name]
		if k != e {
			diff.Kernels[name] = KernelTally{k.Dispatches - e.Dispatches, k.FLOP - e.FLOP, k.Read - e.Read, k.Written - e.Written}
		}
	}
	return diff
}

// Plus returns the sum of two tallies.
func (t Tally) Plus(o Tally) Tally {
	sum := Tally{maps.Clone(t.Kernels), t.Submissions + o.Submissions, t.Readbacks + o.Readbacks, t.Waits + o.Waits, t.Sent + o.Sent, t.Got + o.Got}
	if sum.Kernels == nil {
		sum.Kernels = map[string]KernelTally{}
	}
	for name, k := range o.Kernels {
		sum.Kernels[name] = sum.Kernels[name].Plus(k)
	}
	return sum
}

// All returns the sum over all kernels.
func (t Tally) All() (sum KernelTally) {
	for _, k := range t.Kernels {
		sum = sum.Plus(k)
	}
	return sum
}

// multiplies names the shader files whose estimated work is their FLOP. The estimates of the others include words moved and the
// cost of functions; they only serve to bound how long a submission takes.
var multiplies = map[string]bool{"matmultiled": true, "matmuldirect": true, "windowattention": true, "fusedattention": true,
	"depthwise": true, "depthwiseweight": true}

// count counts a launch.
func (t *Tally) count(k *kernel, work float64, spans []span) {
	name := k.shader()
	one := KernelTally{Dispatches: 1}
	if multiplies[name] {
		one.FLOP = work
	}
	for i, s := range spans {
		if k.access[i] == 'r' {
			one.Read += s.bytes()
		} else {
			one.Written += s.bytes()
		}
	}
	if t.Kernels == nil {
		t.Kernels = map[string]KernelTally{}
	}
	t.Kernels[name] = t.Kernels[name].Plus(one)
}

// shader returns the last of the files that k is made of, without its suffix.
func (k *kernel) shader() string {
	files, _, _ := strings.Cut(k.name, " ")
	return strings.TrimSuffix(files[strings.LastIndex(files, "+")+1:], ".wgsl")
}

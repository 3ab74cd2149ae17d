package wgsl

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// tuner chooses the variant of a matrix product by measurement, once for each kind of product on each adapter.
type tuner struct {
	forced  *variant // set by tests and benchmarks
	on      bool
	file    string // where choices are kept; "": nowhere
	adapter string
	choices map[string]string // kind of product -> name of a variant
}

// tuningFile is the contents of the file: adapter -> kind of product -> name of a variant.
type tuningFile map[string]map[string]string

// newTuner reads what was measured on this adapter before. A file that cannot be read counts as empty, since measuring again
// takes just a second.
func newTuner(opts Options, info AdapterInfo) tuner {
	t := tuner{on: opts.Tune, file: opts.TuningFile, choices: map[string]string{},
		adapter: fmt.Sprintf("%s, %s, %s", info.Name, info.Backend, info.Driver)}
	if !t.on {
		return t
	}
	if t.file == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			t.file = filepath.Join(dir, "slmsam", "tuning.json")
		}
	}
	for kind, name := range readTuning(t.file)[t.adapter] {
		t.choices[kind] = name
	}
	return t
}

func readTuning(file string) tuningFile {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var all tuningFile
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	return all
}

// save adds the choices to the file. Failures are ignored: the file only saves time.
func (t tuner) save() {
	all := readTuning(t.file)
	if all == nil {
		all = tuningFile{}
	}
	all[t.adapter] = t.choices
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil || t.file == "" || os.MkdirAll(filepath.Dir(t.file), 0o755) != nil {
		return
	}
	_ = wholefile.WriteBytes(t.file, data)
}

// kind names a group of products that share a choice: those with sizes that round up to the same powers of four, stored in the
// same way.
func (p product) kind() string {
	size := func(n int) int { return 1 << ((bits.Len(uint(min(n, 4096)-1)) + 1) / 2 * 2) }
	return fmt.Sprintf("%dx%dx%d items %d transA %t transB %t aligned %t", size(p.m), size(p.n), size(p.k),
		size(p.items.n), p.transA, p.transB, p.c.aligned() && p.a.aligned() && p.b.aligned() && p.n%4 == 0)
}

// tuned returns the fastest variant for p.
func (d *Device) tuned(p product) variant {
	kind := p.kind()
	name, known := d.tuner.choices[kind]
	i := slices.IndexFunc(variants(), func(v variant) bool { return v.name == name })
	if known && i >= 0 {
		return variants()[i]
	}
	if d.fail(d.driver.stray()); d.err != nil || d.lost != nil {
		return d.defaultVariant(p)
	}
	best := d.measureVariants(p)
	d.tuner.choices[kind] = best.name
	d.tuner.save()
	return best
}

// tuningSize limits the rows, columns and terms of products that are timed: enough to occupy a device of this kind, but so few
// that the slowest one times a variant in a few milliseconds.
func (d *Device) tuningSize() int {
	switch d.info.Kind {
	case Discrete:
		return 1024
	case Software:
		return 128
	}
	return 512
}

// measureVariants times all variants on a product like p, limited to tuningSize. A variant that the device refuses is not chosen.
func (d *Device) measureVariants(p product) variant {
	most := d.tuningSize()
	m, n, k, count := min(p.m, most), min(p.n, most), min(p.k, most), min(p.items.n, 16)
	a, b, c := d.Alloc(count*m*k), d.Alloc(count*k*n), d.Alloc(count*m*n)
	defer func() {
		for _, buf := range []backend.Buffer{a, b, c} {
			d.Free(buf)
		}
	}()
	d.Fill(backend.Fill{X: a, N: count * m * k, Value: 1})
	d.Fill(backend.Fill{X: b, N: count * k * n, Value: 1})
	q := product{a: matrix{a, 0, k, m * k, 0}, b: matrix{b, 0, n, k * n, 0}, c: matrix{c, 0, n, m * n, 0},
		m: m, n: n, k: k, transA: p.transA, transB: p.transB, items: items{0, count, 1}, alpha: 1}
	if q.transA {
		q.a.stride = m
	}
	if q.transB {
		q.b.stride = k
	}
	best, bestTime := d.defaultVariant(p), time.Duration(math.MaxInt64)
	for _, v := range variants() {
		if t, ok := d.timeProduct(q, v, bestTime); ok && t < bestTime {
			best, bestTime = v, t
		}
	}
	return best
}

// timeProduct returns the shortest of three times for four runs of p as v, after one run that compiles it. It gives up if the
// first time is more than twice the best so far.
func (d *Device) timeProduct(p product, v variant, bestSoFar time.Duration) (time.Duration, bool) {
	best := time.Duration(math.MaxInt64)
	d.productAs(p, v)
	for i := range 3 {
		if i > 0 && best/2 > bestSoFar {
			return 0, false
		}
		if d.Sync() != nil {
			return 0, false
		}
		began := time.Now()
		for range 4 {
			d.productAs(p, v)
		}
		if d.Sync() != nil {
			return 0, false
		}
		best = min(best, time.Since(began))
	}
	return best, true
}

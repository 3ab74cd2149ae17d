package main

import (
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/spill"
	"github.com/spf13/pflag"
)

// cacheFlags are the flags of the cache for the features of slices.
type cacheFlags struct{ size, dir string }

// add declares the flags; size is the default of --cache.
func (f *cacheFlags) add(flags *pflag.FlagSet, size string) {
	flags.StringVar(&f.size, "cache", size, "cache for the features of slices, so that none is encoded twice: MEMORY[,DISK], e.g. 512M,4G; 0 disables it")
	flags.StringVar(&f.dir, "cache-dir", "", "folder for the temporary files of --cache (default: TMPDIR, /var/tmp or the system's)")
}

// budget parses the flags.
func (f *cacheFlags) budget() (b slmsam.FeatureBudget, err error) {
	memory, disk, both := strings.Cut(f.size, ",")
	if b.Memory, err = parseSize(memory); err == nil && both {
		b.Disk, err = parseSize(disk)
	}
	if err != nil {
		return b, usagef("--cache %q: want sizes in bytes, or with K, M or G, such as 512M or 512M,4G; 0 for none", f.size)
	}
	if b.Dir = f.dir; b.Dir == "" {
		return b, nil
	}
	if info, err := os.Stat(b.Dir); err != nil || !info.IsDir() {
		return b, usagef("--cache-dir %s: want an existing folder", b.Dir)
	}
	return b, nil
}

// attach gives a model the cache that the flags ask for. end releases the cache. passing is that of slmsam.FeatureBudget.
func (f *cacheFlags) attach(m *slmsam.Model, passing bool) (end func() error, err error) {
	b, err := f.budget()
	if err != nil {
		return nil, err
	}
	if b.Memory+b.Disk == 0 {
		return func() error { return nil }, nil
	}
	if b.Dir == "" {
		b.Dir = spill.Folder()
	}
	b.Passing = passing
	m.Features = slmsam.NewFeatures(b)
	return m.Features.Close, nil
}

// parseSize parses a number of bytes, such as 4096, 512M or 1.5G.
func parseSize(s string) (int64, error) {
	scale := 1.0
	for i, unit := range []string{"K", "M", "G", "T"} {
		if rest, ok := strings.CutSuffix(strings.ToUpper(s), unit); ok {
			s, scale = rest, math.Pow(1024, float64(i+1))
			break
		}
	}
	x, err := strconv.ParseFloat(s, 64)
	if err == nil && !(x >= 0 && x*scale < math.MaxInt64) {
		err = strconv.ErrRange
	}
	return int64(x * scale), err
}

// measureCache adds the size of a cache, which may be nil, to the server's metrics.
func (f *serveFlags) measureCache(cache *slmsam.Features) {
	if cache == nil {
		return
	}
	f.metrics.Gauge("slmsam_features_memory_bytes", "Features of slices in memory.", func() int { return int(cache.Usage().Memory) })
	f.metrics.Gauge("slmsam_features_disk_bytes", "Features of slices in temporary files.", func() int { return int(cache.Usage().Disk) })
}

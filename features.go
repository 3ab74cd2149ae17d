package slmsam

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/seed-6f79f512/slmsam/internal/spill"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Features caches the image encoder's output, so that no slice is encoded twice: not for another object, from another
// side, for a correction, or in a later run. Models may share it, sequentially or concurrently.
//
// Entries are keyed by the encoder's input pixels, weights, configuration, and device. Results are bit-identical with
// and without the cache, so its files hold float32.
type Features struct {
	store   *spill.Store
	passing bool
}

// FeatureBudget is how many bytes Features may hold. What does not fit is recomputed.
type FeatureBudget struct {
	Memory int64
	Disk   int64  // in temporary files, for what does not fit in memory
	Dir    string // where the folder for the files is created; empty: the system's temporary folder

	// Passing drops a slice once the run that encoded it no longer needs it.
	Passing bool
}

// NewFeatures returns an empty cache. Close removes its files.
func NewFeatures(b FeatureBudget) *Features {
	return &Features{store: spill.New(spill.Budget{Memory: b.Memory, Disk: b.Disk, Dir: b.Dir}), passing: b.Passing}
}

// Close removes the files; nothing is cached afterwards.
func (f *Features) Close() error { return f.store.Close() }

// FeatureUsage is how many bytes are held, and the numbers of hits and misses.
type FeatureUsage = spill.Usage

// Usage returns the current usage.
func (f *Features) Usage() FeatureUsage { return f.store.Usage() }

// featureKey is the cache key of an 8-bit slice [h,w].
func (m *Model) featureKey(gray []uint8, h, w int) spill.Key {
	config, err := json.Marshal(m.Config)
	if err != nil {
		panic(fmt.Sprintf("slmsam: a configuration that cannot be encoded: %v", err))
	}
	sum := sha256.New()
	fmt.Fprintln(sum, m.Weights, string(config), m.graph.Device().Name(), h, w)
	sum.Write(gray)
	return spill.Key(sum.Sum(nil))
}

// cachesFeatures reports whether features are cached at all: not for weights without a hash, which cannot be told
// apart, and not for a model with a prior, whose features are specific to an object.
func (m *Model) cachesFeatures() bool { return m.Features != nil && m.Weights != "" && m.prior == nil }

// encodeGray computes the features of an 8-bit slice [h,w] or takes them from the cache; they stay there only if keep.
func (m *Model) encodeGray(gray []uint8, h, w int, keep bool) (Image, error) {
	if !m.cachesFeatures() {
		return m.encodeUncached(gray, h, w), nil
	}
	return m.encodeCached(m.featureKey(gray, h, w), gray, h, w, keep)
}

// encodeUncached computes the features of an 8-bit slice [h,w].
func (m *Model) encodeUncached(gray []uint8, h, w int) Image {
	size := m.Config.ImageSize
	seen := volume.ResizePIL(gray, h, w, size, size, volume.Bicubic)
	return m.Encode(m.graph, m.graph.Upload(volume.ImageNet(seen), 1, size, size, 3))
}

// encodeCached is encodeGray for a slice with a known key.
func (m *Model) encodeCached(key spill.Key, gray []uint8, h, w int, keep bool) (Image, error) {
	if data := m.Features.store.Get(key); len(data) == m.featureLen() {
		if !keep {
			m.Features.store.Drop(key)
		}
		return m.unpackFeatures(data), nil
	}
	im := m.encodeUncached(gray, h, w)
	if !keep {
		return im, nil
	}
	data, err := m.packFeatures(im)
	if err != nil {
		return Image{}, err
	}
	m.Features.store.Put(key, data)
	return im, nil
}

// featureShapes returns the shapes of Image.Top, S0, and S1; Projected is cheap to recompute.
func (c Config) featureShapes() [3][]int {
	g, width := c.Grid(), c.Attention.Width
	return [3][]int{{1, g * g, width}, {1, 4 * g, 4 * g, width / 8}, {1, 2 * g, 2 * g, width / 4}}
}

// featureLen is the number of values cached per slice.
func (m *Model) featureLen() int {
	n := 0
	for _, shape := range m.Config.featureShapes() {
		n += nn.Elems(shape...)
	}
	return n
}

// packFeatures copies a slice's features to the host.
func (m *Model) packFeatures(im Image) ([]float32, error) {
	out := make([]float32, 0, m.featureLen())
	for _, t := range []*nn.Tensor{im.Top, im.S0, im.S1} {
		v, err := m.graph.Read(t)
		if err != nil {
			return nil, fmt.Errorf("slmsam: read features: %w", err)
		}
		out = append(out, v...)
	}
	return out, nil
}

// unpackFeatures is the inverse of packFeatures.
func (m *Model) unpackFeatures(data []float32) Image {
	var parts [3]*nn.Tensor
	for i, shape := range m.Config.featureShapes() {
		n := nn.Elems(shape...)
		parts[i] = m.graph.Upload(data[:n], shape...)
		data = data[n:]
	}
	g := m.Config.Grid()
	top := parts[0]
	return Image{Top: top, S0: parts[1], S1: parts[2], Projected: m.Memory.Project(m.graph, top.Reshape(1, g, g, -1))}
}

// Prepare encodes slices ahead of Segment in the given order, as many as there is room for. It stops when ctx ends,
// even within a slice; other work on the model can run between slices. It does nothing for models whose features are
// not cached or that look at a crop around each object.
func (m *Model) Prepare(ctx context.Context, s Slices, order []int) error {
	if !m.cachesFeatures() || m.Config.Crop != 0 {
		return nil
	}
	h, w := s.Size()
	for _, slice := range order[:min(len(order), m.Features.store.Room(m.featureLen()))] {
		if err := m.prepare(ctx, s.Gray(slice), h, w); err != nil {
			return err
		}
	}
	return nil
}

// prepare encodes one slice unless it is already cached.
func (m *Model) prepare(ctx context.Context, gray []uint8, h, w int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	key := m.featureKey(gray, h, w)
	if m.Features.store.Has(key) {
		return nil
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	defer m.graph.Free()
	return m.graph.Interruptible(ctx, func() error {
		_, err := m.encodeCached(key, gray, h, w, true)
		return err
	})
}

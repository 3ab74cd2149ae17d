package train_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGeneratedVolumes checks that volumes depend on the seed and their number only, whether they are made in order or all at
// once, and that each is used several times.
func TestGeneratedVolumes(t *testing.T) {
	const n = 12
	want := make([]*train.Case, n)
	a, b := train.NewGenerated(3, n), train.NewGenerated(3, n)
	a.Config.MaxSide, b.Config.MaxSide = 72, 72
	for i := range want {
		c, err := a.Case(i * a.Reuse)
		require.NoError(t, err)
		require.NoError(t, c.Check())
		again, err := a.Case(i*a.Reuse + a.Reuse - 1)
		require.NoError(t, err)
		require.Same(t, c, again)
		want[i] = c
	}
	require.NotEqual(t, want[0].Images[0], want[1].Images[0])
	var group sync.WaitGroup
	for i := range want {
		group.Add(1)
		go func() {
			defer group.Done()
			c, err := b.Case(i * b.Reuse)
			if assert.NoError(t, err) {
				assert.Equal(t, want[i].Images, c.Images, "volume %d", i)
				assert.Equal(t, want[i].Labels, c.Labels, "volume %d", i)
			}
		}()
	}
	group.Wait()
}

// TestMixedSources checks that clips come from two sources in the given proportion, and that the fingerprint tells mixtures
// apart.
func TestMixedSources(t *testing.T) {
	g := train.NewGenerated(3, 1000)
	g.Config.MaxSide = 72
	m := train.Mixed{First: twoCases(), Second: g, Share: 0.25}
	s := train.NewSampler(m, tinyRecipe(1), 64)
	generated := 0
	for n := range 80 {
		if strings.HasPrefix(clipAt(t, s, n).Name, "generated") {
			generated++
		}
	}
	require.InDelta(t, 20, generated, 10)
	require.NotEqual(t, train.Fingerprint(m), train.Fingerprint(train.Mixed{First: twoCases(), Second: g, Share: 0.5}))
	require.NotEqual(t, train.Fingerprint(g), train.Fingerprint(train.NewGenerated(4, 1000)))
}

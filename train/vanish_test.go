package train

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVanish checks that a clip's object disappears from some slices, that nothing of it is left there, and that it stays as it
// was on the others.
func TestVanish(t *testing.T) {
	c := ball(64, 24, 10)
	var clip Clip
	for z := 8; z < 16; z++ {
		f := Frame{Gray: c.Images[z], Masks: make([]bool, 64*64), Empty: []bool{false}}
		for i, v := range c.Images[z] {
			f.Masks[i] = v > 100
		}
		clip.Frames = append(clip.Frames, f)
	}
	clip.Size = 64
	vanish(&clip, rand.New(rand.NewPCG(4, 4)))
	gone := 0
	for i, f := range clip.Frames {
		bright := 0
		for p, v := range f.Gray {
			require.Equal(t, f.Masks[p], v > 100)
			if v > 100 {
				bright++
			}
		}
		require.Equal(t, f.Empty[0], bright == 0)
		if f.Empty[0] {
			require.Positive(t, i)
			gone++
		}
	}
	require.True(t, gone >= 1 && gone <= mostVanished)
}

package train

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnmixed checks that validation uses the training volumes, not the clips that are mixed in.
func TestUnmixed(t *testing.T) {
	files := &Dataset{}
	regions := Mixed{First: files, Second: NewRegions(files, 1, 10), Share: 0.1}
	both := Mixed{First: regions, Second: NewGenerated(1, 10), Share: 0.1}
	for _, s := range []Source{files, regions, both} {
		require.Same(t, files, unmixed(s))
		source, onTrain := (&Trainer{Setup: Setup{Train: s}}).source()
		require.Same(t, files, source)
		require.True(t, onTrain)
	}
}

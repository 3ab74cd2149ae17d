// Package sessiontest opens backends for the tests of the servers.
package sessiontest

import (
	"log/slog"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/session"
	"github.com/stretchr/testify/require"
)

// Backend returns a backend with a model, which is closed at the end of the test.
func Backend(t testing.TB, limits annotate.Limits, m project.Model) *session.Backend {
	f, err := folder.Open(t.TempDir(), limits.Voxels)
	require.NoError(t, err)
	p, err := project.Open(f, m, limits, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()); require.NoError(t, f.Close()) })
	return session.New(p, limits)
}

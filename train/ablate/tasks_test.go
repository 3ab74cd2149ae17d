package ablate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// testTasks returns two tasks, one with four volumes and one with two, to be compared with M7 and M7+R1 and two seeds.
func testTasks(t *testing.T) Tasks {
	t.Helper()
	s := testSetup(t, 6)
	few, many, err := s.Data.Split([]string{"case0", "case1", "case2", "case3"})
	require.NoError(t, err)
	s.Data = nil
	s.Memories, s.Volumes = []slmsam.Memory{{Long: 7}, slmsam.ShortLong}, []int{0, 1, 2}
	s.Train = []string{"case1", "case2", "case4"}
	return Tasks{Setup: s, Of: []Task{{"many", many}, {"few", few}}, Seeds: []uint64{3, 4}}
}

// TestRunTasks checks that every task is done with every seed on the same split, and what the table over all tasks says. A second
// call must compute nothing.
func TestRunTasks(t *testing.T) {
	s := testTasks(t)
	done := map[string]bool{}
	s.Progress = func(p Progress) { done[p.Name] = done[p.Name] || p.Phase == "done" }
	table, err := RunTasks(t.Context(), s)
	require.NoError(t, err)
	require.True(t, done["many, seed 4, 2 volumes, M7+R1"])
	require.Len(t, done, 2*(3+2)+2*(2+1), "the start weights are tested with the first seed only")

	var rows []string
	for _, r := range table.Rows {
		rows = append(rows, r.Task+": "+r.training())
		require.Len(t, r.Arms, 2)
		require.Empty(t, r.Arms[0].Differences)
		d := r.Arms[1].Differences[0]
		require.InDelta(t, float64(r.Arms[1].DSC.Mean-r.Arms[0].DSC.Mean), float64(d.Difference.Mean), 1e-12)
		require.Equal(t, r.Cases, d.Cases)
		require.Len(t, r.Seeds, map[bool]int{true: 1, false: 2}[r.Volumes == 0])
	}
	require.Equal(t, []string{"many: no fine-tuning", "many: 1 volume", "many: 2 volumes", "few: no fine-tuning", "few: 1 volume",
		"all: no fine-tuning", "all: 1 volume", "all: up to 2 volumes"}, rows)
	require.Equal(t, 3, table.Rows[6].Cases, "two volumes of one task and one of the other")
	require.Equal(t, 2, table.Rows[7].Cases, "few has no second training volume")

	page, err := os.ReadFile(filepath.Join(s.Dir, tasksPage))
	require.NoError(t, err)
	require.Contains(t, string(page), "| task | training | test volumes | seeds | M7 | M7+R1 | M7+R1 - M7 |")
	list, err := os.ReadFile(filepath.Join(s.Dir, tasksTable))
	require.NoError(t, err)
	require.Equal(t, 1+2*8, strings.Count(string(list), "\n"))

	var first, second Settings
	require.NoError(t, readJSON(filepath.Join(s.Dir, "many/seed-3", settingsFile), &first))
	require.NoError(t, readJSON(filepath.Join(s.Dir, "many/seed-4", settingsFile), &second))
	require.Equal(t, []string{"case1", "case2"}, first.Train)
	require.Equal(t, []string{"case0", "case3"}, second.Test)
	require.NotEqual(t, first.Recipe.Seed, second.Recipe.Seed)

	s.Open = func() (backend.Device, error) { return nil, errors.New("nothing is left to compute") }
	again, err := RunTasks(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, encoded(t, table), encoded(t, again))
}

// TestBadTasks checks that mistakes are refused, each with its reason.
func TestBadTasks(t *testing.T) {
	good := testTasks(t)
	for want, spoil := range map[string]func(*Tasks){
		"no task":           func(s *Tasks) { s.Of = nil },
		"given twice":       func(s *Tasks) { s.Seeds = []uint64{1, 1} },
		"are called":        func(s *Tasks) { s.Of[1].Name = "many" },
		"called \"..\"":     func(s *Tasks) { s.Of[1].Name = ".." },
		"called \"all\"":    func(s *Tasks) { s.Of[1].Name = "all" },
		"no folder":         func(s *Tasks) { s.Dir = "" },
		"leaves none":       func(s *Tasks) { s.Train, s.Volumes = nil, []int{4} },
		"used for training": func(s *Tasks) { s.Test = []string{"case1"} },
		"must be given":     func(s *Tasks) { s.Start.Init = "" },
	} {
		s := good
		s.Of = append([]Task(nil), good.Of...)
		spoil(&s)
		_, err := RunTasks(t.Context(), s)
		require.ErrorContains(t, err, want)
	}
}

// TestOwnStarts checks that a setting's own start weights are used and recorded in the folder's settings.
func TestOwnStarts(t *testing.T) {
	s := testSetup(t, 3)
	m7 := slmsam.Memory{Long: 7}
	s.Memories, s.Volumes = []slmsam.Memory{m7, slmsam.ShortLong}, []int{0}
	s.Train, s.Test = []string{"case0"}, []string{"case2"}
	absent := neverThere(t, s.Start.Init)
	s.Starts = map[slmsam.Memory]string{m7: absent}
	r, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, []string{"case2"}, r.Settings.Test)
	require.Equal(t, r.Rows[0].PresentSlices-2, r.Rows[0].MissedSlices, "all but the outlined slice of each label")
	require.NotEqual(t, r.Rows[0].MissedSlices, r.Rows[1].MissedSlices)
	require.Contains(t, r.Settings.startText(), "M7 from "+absent)

	s.Starts = nil
	_, err = Run(t.Context(), s)
	require.ErrorContains(t, err, "different starts")
}

// neverThere writes a copy of weights whose scores say that no object is ever present, and returns its path.
func neverThere(t *testing.T, path string) string {
	t.Helper()
	m, _, err := slmsam.Load(cpu.New(1), path, nil)
	require.NoError(t, err)
	golden.AddScoreBias(t, m, -1000)
	out := filepath.Join(t.TempDir(), "absent.safetensors")
	golden.WriteModel(t, m, out)
	return out
}

// TestSample checks that a volume's value is the mean over its seeds, even if another volume has fewer seeds.
func TestSample(t *testing.T) {
	row := func(name string, dsc eval.Value, over int) eval.Row {
		return eval.Row{Case: name, Label: 1, Method: "M7", DSC: dsc, PresentDSC: dsc, AbsentDSC: 1, OverPropagatedSlices: over}
	}
	s := &sample{values: map[string]map[string][]float64{}}
	s.add([]eval.Row{row("a", 0.2, 4), row("b", 0.5, 1), {Case: "a", Label: 1, Method: "R1"}}, "M7", "x/", 1)
	s.add([]eval.Row{row("a", 0.4, 6)}, "M7", "x/", 2)
	require.InDeltaMapValues(t, map[string]float64{"x/a": 0.3, "x/b": 0.5}, s.means("dsc"), 1e-12)
	require.InDelta(t, 6, float64(s.sum("over-propagated")), 1e-12)
	require.Equal(t, []uint64{1, 2}, s.seeds)
}

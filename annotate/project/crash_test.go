package project

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/stretchr/testify/require"
)

// crashDir is the environment variable that tells a child process which folder to work in until it is killed.
const crashDir = "SLMSAM_CRASH_DIR"

// rounds is the number of times that a child is killed.
const rounds = 40

// TestAKilledProgramLosesNothingAcknowledged kills child processes at random moments while they draw, undo and
// propagate, and checks that everything they acknowledged is in the journal.
func TestAKilledProgramLosesNothingAcknowledged(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		workUntilKilled(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("starts and kills dozens of processes")
	}
	dir := newFolder(t)
	r := rand.New(rand.NewPCG(3, 4))
	torn := 0
	for round := range rounds {
		revision, hash := killedAt(t, dir, time.Duration(r.IntN(60000))*time.Microsecond)
		path := journalOf(t, dir)
		j, records, err := openJournal(path)
		require.NoError(t, err, "round %d", round)
		if n := len(records); n > 0 && records[n-1].Revision != revision { // it was on disk, but the child was killed before acknowledging it
			require.Equal(t, revision+1, records[n-1].Revision, "round %d", round)
			torn++
			records = records[:n-1]
		}
		j.close()
		d := &Document{values: Values{}, last: map[string]stamp{}}
		for _, r := range records {
			require.True(t, d.apply(r))
		}
		require.Equal(t, hash, hashOf(d), "round %d, revision %d", round, revision)
	}
	t.Logf("killed %d times, %d of them between saving a change and acknowledging it", rounds, torn)
}

// journalOf returns the path of the journal of volume a.
func journalOf(t *testing.T, dir string) string {
	path, err := openProject(t, dir, far(0)).folder.Keep(folder.Journals, "a", folder.JournalExt)
	require.NoError(t, err)
	return path
}

// hashOf returns a checksum of all values.
func hashOf(d *Document) string {
	return fmt.Sprintf("%x", sha256.Sum256(jsonOf(d.values)))
}

// killedAt runs a child, kills it some time after it has started to work, and returns what it acknowledged last.
func killedAt(t *testing.T, dir string, after time.Duration) (revision int, hash string) {
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	started := false
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "ack %d %s", &revision, &hash); err != nil {
			continue
		}
		if !started {
			started = true
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	require.Error(t, cmd.Wait(), "it was killed")
	require.True(t, started, stderr.String())
	return revision, hash
}

// workUntilKilled draws, undoes and propagates, and prints what was acknowledged.
func workUntilKilled(t *testing.T, dir string) {
	p := openProject(t, dir, far(0))
	d := openA(t, p)
	say := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		fmt.Printf("ack %d %s\n", d.revision, hashOf(d))
	}
	say()
	for k := d.revision; ; k++ {
		var err error
		switch k % 5 {
		case 3:
			_, err = d.Undo(1<<30, "me")
		case 4:
			propagate(t, p, d)
		default:
			_, err = d.Draw(me, k*7%depth, square(1, k%3, k%4, 2+k%5), kidney)
		}
		require.NoError(t, err)
		say()
	}
}

// TestAChangeThatCannotBeSavedIsNotMade makes writing to the journal fail, and checks that the document stays the
// same until writing works again.
func TestAChangeThatCannotBeSavedIsNotMade(t *testing.T) {
	d := openA(t, openProject(t, newFolder(t), far(0)))
	_, err := d.Draw(me, 1, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	before, file := d.Snapshot(), d.journal.file
	d.journal.file, err = os.Open(d.journal.path) // opened for reading only, so that writing fails
	require.NoError(t, err)
	_, err = d.Draw(me, 2, square(1, 2, 2, 4), nil)
	require.ErrorIs(t, err, ErrNotSaved)
	_, err = d.Undo(1, "me")
	require.ErrorIs(t, err, ErrNotSaved)
	require.Equal(t, before, d.Snapshot())
	d.journal.close()
	d.journal.file = file
	_, err = d.Draw(me, 2, square(1, 2, 2, 4), nil)
	require.NoError(t, err)
}

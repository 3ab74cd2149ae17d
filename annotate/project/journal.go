package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Values are some of a document's values by key; null takes one away.
type Values map[string]json.RawMessage

// record is one entry of a journal.
type record struct {
	Kind     string    `json:"kind"` // do, undo, redo; base: the state that the journal begins with
	Revision int       `json:"revision"`
	Time     time.Time `json:"time"`
	Author   string    `json:"author,omitempty"`
	What     string    `json:"what,omitempty"`
	Set      Values    `json:"set,omitempty"`
}

// ErrNotSaved is wrapped by the errors of changes that could not be put on disk: nothing was changed.
var ErrNotSaved = errors.New("the change could not be saved")

// ErrInUse is wrapped by the errors of documents that another program works on.
var ErrInUse = errors.New("another slmsam serve works on this folder: stop one of the two, then start the other anew")

// journal is a file to which records are appended. A record is one line: the CRC-32 of its JSON in hexadecimal, a
// space, the JSON. What a crash leaves of the last line is cut off when the file is opened; everything before it was
// on disk when append returned. One program at a time has it open.
type journal struct {
	path string
	file *os.File // nil until the first record
	size int64
}

// crcDigits is the length of a line's beginning.
const crcDigits = 8

// openJournal reads the records at path, where no file need be yet. A file that is damaged elsewhere than at its end
// is an error: nothing is cut off that was acknowledged.
func openJournal(path string) (*journal, []record, error) {
	j := &journal{path: path}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open the journal: %w", err)
	}
	j.file = file
	records, err := j.read()
	if err != nil {
		j.close()
		return nil, nil, err
	}
	return j, records, nil
}

// read returns the records, and cuts off what a crash left behind them.
func (j *journal) read() ([]record, error) {
	if err := lock(j.file); err != nil { // before a look at the end, which another program may be writing
		return nil, fmt.Errorf("open the journal %s: %w", j.path, err)
	}
	data, err := io.ReadAll(j.file)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	records, good := parseRecords(data)
	if holdsRecord(data[good:]) {
		return nil, fmt.Errorf("the journal %s is damaged at byte %d, and complete records follow: restore it from a backup, or move it away to start over", j.path, good)
	}
	j.size = int64(good)
	if good < len(data) {
		if err := errors.Join(j.file.Truncate(j.size), j.file.Sync()); err != nil {
			return nil, fmt.Errorf("repair the journal's end: %w", err)
		}
	}
	return records, nil
}

// parseRecords reads whole records from the start of data and says where they end.
func parseRecords(data []byte) (records []record, good int) {
	for good < len(data) {
		end := bytes.IndexByte(data[good:], '\n')
		if end < crcDigits+1 {
			break
		}
		line := data[good : good+end]
		var r record
		if fmt.Sprintf("%08x", crc32.ChecksumIEEE(line[crcDigits+1:])) != string(line[:crcDigits]) || json.Unmarshal(line[crcDigits+1:], &r) != nil {
			break
		}
		records = append(records, r)
		good += end + 1
	}
	return records, good
}

// holdsRecord reports whether any line of data is a whole record.
func holdsRecord(data []byte) bool {
	for line := range bytes.Lines(data) {
		if records, _ := parseRecords(line); len(records) > 0 {
			return true
		}
	}
	return false
}

// line is a record as it lies in the file.
func (r record) line() []byte {
	raw := jsonOf(r)
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(raw), raw)
}

// append puts a record on disk. If it cannot, the journal is what it was.
func (j *journal) append(r record) error {
	if j.file == nil {
		if err := j.create(); err != nil {
			return err
		}
	}
	info, err := j.file.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	if info.Size() != j.size {
		return fmt.Errorf("%w: %s was changed by another program: %w", ErrNotSaved, j.path, ErrInUse)
	}
	line := r.line()
	_, err = j.file.WriteAt(line, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSaved, errors.Join(err, j.file.Truncate(j.size)))
	}
	j.size += int64(len(line))
	return nil
}

// create makes the file, and sees to it that its name is on disk too.
func (j *journal) create() error {
	file, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s is there since this program looked: %w", ErrNotSaved, j.path, ErrInUse)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	if err := lock(file); err != nil {
		file.Close()
		return fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	dir, err := os.Open(filepath.Dir(j.path))
	if err == nil {
		_ = dir.Sync() // not every system can
		dir.Close()
	}
	j.file = file
	return nil
}

// replace makes records the whole journal. If the new file cannot take the place of the old one, because the disk is full
// or because the system does not replace open files (Windows), the journal stays as it was: it is only longer than it
// needs to be.
func (j *journal) replace(records []record) error {
	var size int64
	err := wholefile.Write(j.path, func(w io.Writer) error {
		for _, r := range records {
			n, err := w.Write(r.line())
			size += int64(n)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil
	}
	file, err := os.OpenFile(j.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	j.close()
	j.file, j.size = file, size
	if err := lock(file); err != nil {
		return fmt.Errorf("open the journal %s: %w", j.path, err)
	}
	return nil
}

func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
	}
}

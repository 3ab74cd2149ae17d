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

// Values are some of a document's values, by key. In a change, null removes a value.
type Values map[string]json.RawMessage

// record is one entry of a journal.
type record struct {
	Kind     string    `json:"kind"` // do, undo, redo; base: the state that a shortened journal starts with
	Revision int       `json:"revision"`
	Time     time.Time `json:"time"`
	Author   string    `json:"author,omitempty"`
	What     string    `json:"what,omitempty"`
	Set      Values    `json:"set,omitempty"`
}

// ErrNotSaved is wrapped by the errors of changes that could not be written to disk. Nothing was changed.
var ErrNotSaved = errors.New("the change could not be saved")

// ErrInUse is wrapped by the errors of documents that another program is using.
var ErrInUse = errors.New("another slmsam serve is using this folder: stop one of the two, then restart the other")

// journal is a file to which records are appended. A record is a line: the CRC-32 of its JSON in hexadecimal, a space, and
// the JSON. When a file is opened, an incomplete last line, which a crash may leave, is cut off; everything before it was
// on disk when append returned. Only one program at a time can open a journal.
type journal struct {
	path string
	file *os.File // nil until the first record
	size int64
}

// crcDigits is the length of the checksum at the start of a line.
const crcDigits = 8

// openJournal reads the records of the journal at path, which need not exist yet. If a file is damaged anywhere but at its end,
// openJournal returns an error, so that no acknowledged change is cut off.
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

// read returns the records, and cuts off what a crash has left after them.
func (j *journal) read() ([]record, error) {
	if err := lock(j.file); err != nil { // before reading: another program may be writing
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

// parseRecords reads complete records from the start of data, and returns where they end.
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

// line returns a record as a line of the file.
func (r record) line() []byte {
	raw := jsonOf(r)
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(raw), raw)
}

// append writes a record to disk. If that fails, the journal stays as it was.
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

// create makes the file, and makes sure that its directory entry is on disk, too.
func (j *journal) create() error {
	file, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s was created by another program: %w", ErrNotSaved, j.path, ErrInUse)
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
		_ = dir.Sync() // not every system supports it
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

// moved reports whether the journal has records but its file is no longer in its place.
func (j *journal) moved() bool {
	if j.file == nil {
		return false
	}
	ours, err := j.file.Stat()
	if err != nil {
		return false // it is closed
	}
	there, err := os.Stat(j.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(ours, there)
}

func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
	}
}

package checkpoint

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strings"
)

// zipStorages are the records data/<key> of a zip checkpoint.
type zipStorages struct {
	records map[string]*zip.File // by name without the top folder
}

// readZip reads the format of torch.save since PyTorch 1.6: a zip archive of
// <name>/data.pkl and <name>/data/<key>, one stored (uncompressed) record per
// storage.
func readZip(r io.ReaderAt, size int64) (*File, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("the zip directory cannot be read (%w): truncated or corrupt", err)
	}
	s := indexRecords(archive)
	if err := s.check(size); err != nil {
		return nil, err
	}
	program, err := readRecord(s.records["data.pkl"], size, maxPickleBytes)
	if err != nil {
		return nil, err
	}
	value, _, err := runPickle(program, map[string]*storageRef{})
	if err != nil {
		return nil, err
	}
	return collect(value, s, size, FormatZip)
}

// indexRecords lists the records of the folder that holds data.pkl.
func indexRecords(archive *zip.Reader) zipStorages {
	s := zipStorages{records: make(map[string]*zip.File, len(archive.File))}
	root := ""
	for _, f := range archive.File {
		if path.Base(f.Name) == "data.pkl" {
			root = strings.TrimSuffix(f.Name, "data.pkl")
			break
		}
	}
	for _, f := range archive.File {
		if name, ok := strings.CutPrefix(f.Name, root); ok {
			s.records[name] = f
		}
	}
	return s
}

// check tests that the archive is a checkpoint that can be read.
func (s zipStorages) check(size int64) error {
	if s.records["constants.pkl"] != nil {
		return fmt.Errorf("this is a TorchScript archive (a program); save the state dict instead")
	}
	if s.records["data.pkl"] == nil {
		return fmt.Errorf("the zip archive has no data.pkl: not a PyTorch checkpoint")
	}
	order := s.records["byteorder"]
	if order == nil {
		return nil // PyTorch before 2.1
	}
	text, err := readRecord(order, size, 16)
	if err != nil {
		return err
	}
	if string(text) != "little" {
		return fmt.Errorf("byte order %q is not supported; save the file on a little-endian machine", text)
	}
	return nil
}

// readRecord returns the whole of a stored record of at most limit bytes. The file
// has fileSize bytes, so that no record can be larger.
func readRecord(f *zip.File, fileSize, limit int64) ([]byte, error) {
	if f.Method != zip.Store {
		return nil, fmt.Errorf("zip record %s is compressed, which PyTorch never writes; save the checkpoint again", f.Name)
	}
	n := int64(f.UncompressedSize64)
	if n < 0 || n > fileSize || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("zip record %s claims %d bytes, the file has %d: corrupt", f.Name, f.UncompressedSize64, fileSize)
	}
	if n > limit {
		return nil, fmt.Errorf("zip record %s has %d bytes, want at most %d", f.Name, n, limit)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("zip record %s: %w", f.Name, err)
	}
	defer r.Close()
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("zip record %s: %w", f.Name, err)
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF { // the checksum is compared at the end
		return nil, fmt.Errorf("zip record %s: %w", f.Name, err)
	}
	return data, nil
}

func (s zipStorages) read(key string, size int64) ([]byte, error) {
	f := s.records["data/"+key]
	if f == nil {
		return nil, fmt.Errorf("storage %q is missing from the zip archive", key)
	}
	if f.UncompressedSize64 != uint64(size) {
		return nil, fmt.Errorf("storage %q has %d bytes, the pickle promises %d", key, f.UncompressedSize64, size)
	}
	return readRecord(f, size, size)
}

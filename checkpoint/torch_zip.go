package checkpoint

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"
)

// zipStorages reads storages from the records data/<key> of a zip checkpoint.
type zipStorages struct {
	records   map[string]*zip.File // by name without the top folder
	unchecked bool                 // no checksums were computed, see withoutChecksums
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
	s.unchecked = s.withoutChecksums(size)
	if err := s.check(size); err != nil {
		return nil, err
	}
	program, err := s.record(s.records["data.pkl"], size, maxPickleBytes)
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

// check returns an error if the archive is not a checkpoint, or is one that cannot be read.
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
	text, err := s.record(order, size, 16)
	if err != nil {
		return err
	}
	if string(text) != "little" {
		return fmt.Errorf("byte order %q is not supported; save the file on a little-endian machine", text)
	}
	return nil
}

// withoutChecksums reports whether the file was saved without checksums (torch.serialization.set_crc32_options(False)): the
// checksums of all small records, among them the pickle, are then wrong. In a damaged file it is usually one.
func (s zipStorages) withoutChecksums(size int64) bool {
	const small = 1 << 20
	wrong := 0
	for name, f := range s.records {
		if f.UncompressedSize64 == 0 || f.UncompressedSize64 > small && name != "data.pkl" {
			continue
		}
		data, err := readRecord(f, size, maxPickleBytes, true)
		if err != nil {
			continue
		}
		if crc32.ChecksumIEEE(data) == f.CRC32 {
			return false
		}
		wrong++
	}
	return wrong > 1
}

// record is readRecord with or without the checksum, depending on whether the file has any.
func (s zipStorages) record(f *zip.File, fileSize, limit int64) ([]byte, error) {
	return readRecord(f, fileSize, limit, s.unchecked)
}

// readRecord returns the content of a stored record of at most limit bytes, and compares
// its checksum unless unchecked. A record that claims more than the file's fileSize bytes
// is an error.
func readRecord(f *zip.File, fileSize, limit int64, unchecked bool) ([]byte, error) {
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
	if unchecked {
		return readRaw(f, n)
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

// readRaw returns the n bytes of a stored record without comparing its checksum.
func readRaw(f *zip.File, n int64) ([]byte, error) {
	r, err := f.OpenRaw()
	if err != nil {
		return nil, fmt.Errorf("zip record %s: %w", f.Name, err)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("zip record %s: %w", f.Name, err)
	}
	return data, nil
}

// read implements storages.
func (s zipStorages) read(key string, size int64) ([]byte, error) {
	f := s.records["data/"+key]
	if f == nil {
		return nil, fmt.Errorf("storage %q is missing from the zip archive", key)
	}
	if f.UncompressedSize64 != uint64(size) {
		return nil, fmt.Errorf("storage %q has %d bytes, but the pickle says %d", key, f.UncompressedSize64, size)
	}
	return s.record(f, size, size)
}

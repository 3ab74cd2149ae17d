package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"path"
	"strings"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// runPickle checks and runs the pickle at the start of data and returns its value
// and its length in bytes. A fault of gopickle on a malformed stream (it panics,
// for instance, on an unhashable dictionary key) is an error.
//
// Every storage that the pickle names is added to known.
func runPickle(data []byte, known map[string]*storageRef) (value any, n int, err error) {
	n, err = scanPickle(data)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if fault := recover(); fault != nil {
			value, err = nil, fmt.Errorf("malformed pickle: %v", fault)
		}
	}()
	u := pickle.NewUnpickler(bytes.NewReader(data[:n]))
	u.FindClass = findClass
	u.PersistentLoad = func(id any) (any, error) { return persistentLoad(id, known) }
	value, err = u.Load()
	if err != nil {
		return nil, 0, fmt.Errorf("pickle: %w", err)
	}
	return value, n, nil
}

// storages gives access to the raw bytes of a file's storages.
type storages interface {
	// read returns the storage named key, which must have size bytes.
	read(key string, size int64) ([]byte, error)
}

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
	s := zipStorages{records: make(map[string]*zip.File, len(archive.File))}
	var root string
	for _, f := range archive.File {
		if path.Base(f.Name) == "data.pkl" && root == "" {
			root = strings.TrimSuffix(f.Name, "data.pkl")
		}
	}
	for _, f := range archive.File {
		if name, ok := strings.CutPrefix(f.Name, root); ok {
			s.records[name] = f
		}
	}
	if s.records["constants.pkl"] != nil {
		return nil, fmt.Errorf("this is a TorchScript archive (a program); save the state dict instead")
	}
	if order := s.records["byteorder"]; order != nil {
		text, err := readRecord(order, size, 16)
		if err != nil {
			return nil, err
		}
		if string(text) != "little" {
			return nil, fmt.Errorf("byte order %q is not supported; save the file on a little-endian machine", text)
		}
	}
	record := s.records["data.pkl"]
	if record == nil {
		return nil, fmt.Errorf("the zip archive has no data.pkl: not a PyTorch checkpoint")
	}
	program, err := readRecord(record, size, maxPickleBytes)
	if err != nil {
		return nil, err
	}
	value, _, err := runPickle(program, map[string]*storageRef{})
	if err != nil {
		return nil, err
	}
	return collect(value, s, size, FormatZip)
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

// legacyMagic is the first pickle of the legacy format.
const legacyMagic = "1950a86a20f9469cfc6c"

// legacyVersion is the second one.
const legacyVersion = 1001

// legacyStorages are the storages that follow the pickles of a legacy file.
type legacyStorages struct {
	r     io.ReaderAt
	at    map[string]int64 // offset of the storage's element count
	sizes map[string]int64 // bytes
}

// readLegacy reads the format of torch.save before 1.6: pickles of a magic number,
// a version, system information, the object, and the storage keys; then each
// storage as an 8-byte element count and its elements.
func readLegacy(r io.ReaderAt, size int64) (*File, error) {
	data := make([]byte, min(size, maxPickleBytes))
	if _, err := r.ReadAt(data, 0); err != nil && err != io.EOF {
		return nil, err
	}
	pos := 0
	known := map[string]*storageRef{}
	var values [5]any
	for i := range values {
		v, n, err := runPickle(data[pos:], known)
		if err != nil {
			return nil, err
		}
		values[i] = v
		pos += n
		if err := checkLegacy(i, v); err != nil {
			return nil, err
		}
	}
	root := values[3]
	keys := values[4].(*types.List) // checked by checkLegacy
	s, err := locateLegacy(r, size, int64(pos), *keys, known)
	if err != nil {
		return nil, err
	}
	return collect(root, s, size, FormatLegacy)
}

// checkLegacy tests the value of pickle number i of a legacy file.
func checkLegacy(i int, v any) error {
	switch i {
	case 0:
		if n, ok := v.(*big.Int); !ok || n.Text(16) != legacyMagic {
			return fmt.Errorf("a pickle, but not one of torch.save: save the weights with torch.save or as safetensors")
		}
	case 1:
		if v != legacyVersion {
			return fmt.Errorf("legacy PyTorch protocol %v, want %d", v, legacyVersion)
		}
	case 2:
		if little, ok := lookup(v, "little_endian"); ok && little != true {
			return fmt.Errorf("big-endian legacy files are not supported; save the file on a little-endian machine")
		}
	case 4:
		if _, ok := v.(*types.List); !ok {
			return fmt.Errorf("the legacy file has no list of storages: corrupt")
		}
	}
	return nil
}

// locateLegacy finds every storage after the pickles, which end at pos.
func locateLegacy(r io.ReaderAt, size, pos int64, keys []any, known map[string]*storageRef) (legacyStorages, error) {
	s := legacyStorages{r: r, at: map[string]int64{}, sizes: map[string]int64{}}
	for _, k := range keys {
		key, ok := k.(string)
		if !ok {
			return s, fmt.Errorf("storage key is not a string: corrupt")
		}
		if known[key] == nil {
			return s, fmt.Errorf("storage %q is listed but not used by the pickle: corrupt", key)
		}
		item := int64(known[key].dtype.Size())
		var count [8]byte
		if _, err := r.ReadAt(count[:], pos); err != nil {
			return s, fmt.Errorf("storage %q begins beyond the end of the file: truncated or corrupt", key)
		}
		pos += 8
		n := int64(binary.LittleEndian.Uint64(count[:]))
		if n < 0 || n > (size-pos)/item {
			return s, fmt.Errorf("storage %q claims %d elements, %d bytes are left in the file: truncated or corrupt", key, n, size-pos)
		}
		s.at[key], s.sizes[key] = pos, n*item
		pos += n * item
	}
	return s, nil
}

func (s legacyStorages) read(key string, size int64) ([]byte, error) {
	at, ok := s.at[key]
	if !ok {
		return nil, fmt.Errorf("storage %q is missing from the file", key)
	}
	if s.sizes[key] != size {
		return nil, fmt.Errorf("storage %q has %d bytes, the pickle promises %d", key, s.sizes[key], size)
	}
	data := make([]byte, size)
	if _, err := s.r.ReadAt(data, at); err != nil && size > 0 {
		return nil, fmt.Errorf("storage %q: %w", key, err)
	}
	return data, nil
}

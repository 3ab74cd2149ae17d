package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/big"

	"github.com/nlpodyssey/gopickle/types"
)

// legacyMagic is the number in the first pickle of the legacy format, in hexadecimal.
const legacyMagic = "1950a86a20f9469cfc6c"

// legacyVersion is the number in the second pickle.
const legacyVersion = 1001

// legacyStorages reads the storages that follow the pickles of a legacy file.
type legacyStorages struct {
	r     io.ReaderAt
	at    map[string]int64 // offset of the storage's element count
	sizes map[string]int64 // bytes
}

// readLegacy reads the format of torch.save before PyTorch 1.6: pickles of a magic
// number, a version, system information, the object and the storage keys, and then,
// for each storage, an 8-byte element count and the elements.
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

// checkLegacy checks the value v of pickle i of a legacy file.
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

// read implements storages.
func (s legacyStorages) read(key string, size int64) ([]byte, error) {
	at, ok := s.at[key]
	if !ok {
		return nil, fmt.Errorf("storage %q is missing from the file", key)
	}
	if s.sizes[key] != size {
		return nil, fmt.Errorf("storage %q has %d bytes, but the pickle says %d", key, s.sizes[key], size)
	}
	data := make([]byte, size)
	if _, err := s.r.ReadAt(data, at); err != nil && size > 0 {
		return nil, fmt.Errorf("storage %q: %w", key, err)
	}
	return data, nil
}

package checkpoint

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldens returns a small file of each format, by name.
func goldens(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range []string{"odd_tensors.pt", "odd_tensors_legacy.pt", "odd_tensors.safetensors"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		out[name] = raw
	}
	return out
}

// TestEveryTruncationIsAnError cuts a file of every format at every byte.
func TestEveryTruncationIsAnError(t *testing.T) {
	for name, raw := range goldens(t) {
		for n := range raw {
			_, err := parseBytes(raw[:n])
			require.Error(t, err, "%s cut to %d bytes", name, n)
		}
	}
}

// TestFlippedBytesAreErrorsOrHarmless inverts every byte of a file of every format. Some are padding, so there may
// be no error, but then what was read must be consistent.
func TestFlippedBytesAreErrorsOrHarmless(t *testing.T) {
	for _, raw := range goldens(t) {
		for i := range raw {
			bad := bytes.Clone(raw)
			bad[i] ^= 0xff
			requireConsistent(t, func() (*File, error) { return parseBytes(bad) })
		}
	}
}

// TestFlippedValueInAZip checks that a changed value is found by the checksums of the zip container.
func TestFlippedValueInAZip(t *testing.T) {
	raw := zipOf(t, map[string][]byte{"data.pkl": program("N"), "data/0": []byte("0123456789abcdef")})
	at := bytes.Index(raw, []byte("0123456789abcdef"))
	raw[at+3] ^= 1
	_, err := parseBytes(raw)
	require.ErrorContains(t, err, `tensor "w": zip record a/data/0: zip: checksum error`)
}

// TestReadNamesTheFile checks that errors name the file.
func TestReadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.pt")
	require.NoError(t, os.WriteFile(path, goldens(t)["odd_tensors.pt"][:5000], 0o600))
	_, err := Read(path)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "truncated or corrupt")
	_, err = ReadSafetensors("testdata/odd_tensors.pt")
	require.ErrorContains(t, err, "as safetensors")
	_, err = Read(path + ".missing")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestPrefixAndWrappers checks which prefixes of keys and which wrappers of the state are removed.
func TestPrefixAndWrappers(t *testing.T) {
	for pickle, key := range map[string]string{
		"}U\x08module.w" + good() + "s.":                                         "w",
		"}(U\x08module.w" + good() + "U\x01v" + good() + "u.":                    "module.w", // not all keys have the prefix
		"}U\x0astate_dict}U\x08module.w" + good() + "ss.":                        "w",
		"}U\x05modelccollections\nOrderedDict\n)RU\x01w" + good() + "s}N\x86bs.": "w",
	} {
		f, err := readProgram(t, []byte(pickle))
		require.NoError(t, err)
		require.Contains(t, f.Tensors, key)
	}
	_, err := readProgram(t, []byte("}(U\x01aK\x01U\x01bK\x02u."))
	require.ErrorContains(t, err, `got the keys "a", "b"`)
}

// FuzzPickle checks that any bytes, as the data.pkl of a zip checkpoint or as a legacy file, give an error or a consistent file.
func FuzzPickle(f *testing.F) {
	f.Add(program("N"))
	f.Add(program("cposix\nsystem\n(U\x02idtR"))
	f.Add(goldens(f)["odd_tensors_legacy.pt"])
	f.Fuzz(func(t *testing.T, data []byte) {
		requireConsistent(t, func() (*File, error) { return readProgram(t, data) })
		requireConsistent(t, func() (*File, error) { return readLegacy(bytes.NewReader(data), int64(len(data))) })
	})
}

// FuzzZip checks that any bytes, as a zip checkpoint, give an error or a consistent file.
func FuzzZip(f *testing.F) {
	f.Add(goldens(f)["odd_tensors.pt"])
	f.Add(zipOf(f, map[string][]byte{"data.pkl": program("N"), "data/0": make([]byte, 16)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		requireConsistent(t, func() (*File, error) { return readZip(bytes.NewReader(data), int64(len(data))) })
	})
}

// FuzzSafetensors checks that any bytes, as a safetensors file, give an error or a consistent file.
func FuzzSafetensors(f *testing.F) {
	f.Add(goldens(f)["odd_tensors.safetensors"])
	f.Add(stHeader(`{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, make([]byte, 4)))
	f.Fuzz(func(t *testing.T, data []byte) {
		requireConsistent(t, func() (*File, error) { return readSafetensors(bytes.NewReader(data), int64(len(data))) })
	})
}

// requireConsistent checks that whatever is read has as many values as its shapes say, and can be written again.
func requireConsistent(t *testing.T, read func() (*File, error)) {
	f, err := read()
	if err != nil {
		return
	}
	require.Len(t, f.Order, len(f.Tensors))
	require.NoError(t, checkWritable(f.List(), Options{}))
}

package gdcm

import (
	"bytes"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRefused checks that damaged data is an error.
func TestRefused(t *testing.T) {
	for _, file := range [][]byte{nil, []byte("not DICOM"), append(append(make([]byte, 128), "DICM"...), bytes.Repeat([]byte{0xff}, 1000)...)} {
		_, err := Decode(file, 100)
		require.Error(t, err)
		require.ErrorContains(t, err, "damaged data")
	}
}

// TestTimeLimit checks that a decoder that takes too long is stopped.
func TestTimeLimit(t *testing.T) {
	file, err := os.ReadFile("../testdata/u8.j2k.dcm")
	require.NoError(t, err)
	_, err = Decode(file, 12*10) // leaves a decoder that has started
	require.NoError(t, err)
	_, err = decode(file, time.Nanosecond)
	require.ErrorContains(t, err, "was not unpacked within 1ns")
	_, err = Decode(file, 12*10)
	require.NoError(t, err, "the next file gets a new decoder")
}

// TestOneFile checks that the decoder's file system has one file and nothing else.
func TestOneFile(t *testing.T) {
	files := &oneFile{"a.dcm", []byte("hello")}
	raw, err := fs.ReadFile(files, "a.dcm")
	require.NoError(t, err)
	require.Equal(t, "hello", string(raw))
	entries, err := fs.ReadDir(files, ".")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = files.Open("../etc/passwd")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

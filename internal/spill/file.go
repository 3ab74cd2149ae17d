package spill

import (
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
)

// A file is the key, the numbers (float32, little endian) and the CRC-32 (Castagnoli) of the numbers' bytes. The numbers
// are kept in full: a result must not depend on what happened to be on the disk.

const chunk = 1 << 14 // numbers that are converted at a time

// Folder is where large temporary files belong: /tmp is often memory, /var/tmp is not.
func Folder() string {
	const onDisk = "/var/tmp"
	if os.Getenv("TMPDIR") != "" {
		return os.TempDir()
	}
	if info, err := os.Stat(onDisk); err == nil && info.IsDir() {
		return onDisk
	}
	return os.TempDir()
}

// bytesOf is the size of n numbers.
func bytesOf(n int) int64 { return 4 * int64(n) }

func (s *Store) path(k Key) string { return filepath.Join(s.dir, hex.EncodeToString(k[:])) }

func writeFile(path string, k Key, data []float32) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	if _, err := f.Write(k[:]); err != nil {
		return err
	}
	sum := newSum()
	if err := writeNumbers(io.MultiWriter(f, sum), data); err != nil {
		return err
	}
	_, err = f.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
	return err
}

func newSum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

func writeNumbers(to io.Writer, data []float32) error {
	buffer := make([]byte, 0, 4*min(chunk, len(data)))
	for start := 0; start < len(data); start += chunk {
		buffer = buffer[:0]
		for _, x := range data[start:min(start+chunk, len(data))] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(x))
		}
		if _, err := to.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// readNumbers reads n numbers.
func readNumbers(from io.Reader, n int) ([]float32, error) {
	data := make([]float32, n)
	buffer := make([]byte, 4*min(chunk, n))
	for start := 0; start < len(data); start += chunk {
		part := data[start:min(start+chunk, len(data))]
		raw := buffer[:4*len(part)]
		if _, err := io.ReadFull(from, raw); err != nil {
			return nil, err
		}
		for i := range part {
			part[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	return data, nil
}

// readFile returns the numbers of a file, size bytes of them; nil: it is not what it was.
func readFile(path string, k Key, size int64) []float32 {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != int64(len(k))+size+crc32.Size {
		return nil
	}
	var name Key
	if _, err := io.ReadFull(f, name[:]); err != nil || name != k {
		return nil
	}
	sum := newSum()
	data, err := readNumbers(io.TeeReader(f, sum), int(size/4))
	if err != nil {
		return nil
	}
	var raw [crc32.Size]byte
	if _, err := io.ReadFull(f, raw[:]); err != nil || binary.LittleEndian.Uint32(raw[:]) != sum.Sum32() {
		return nil
	}
	return data
}

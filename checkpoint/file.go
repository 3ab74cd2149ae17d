package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// Formats as reported in [File.Format].
const (
	FormatZip         = "pt"          // torch.save since PyTorch 1.6
	FormatLegacy      = "pt-legacy"   // earlier versions, or _use_new_zipfile_serialization=False
	FormatSafetensors = "safetensors" // huggingface.co/docs/safetensors
)

// File is a checkpoint in memory.
type File struct {
	Path    string
	Format  string             // FormatZip, FormatLegacy or FormatSafetensors
	Tensors map[string]*Tensor // by state-dict key, without a prefix that all keys share
	Order   []string           // keys of Tensors in file order

	// Metadata is the __metadata__ of a safetensors file, or the scalars next to
	// the weights in a .pt ("epoch": "100", "steps.train": "1234").
	Metadata map[string]string

	// Skipped names what else is in a .pt besides tensors and scalars ("optimizer").
	Skipped []string

	sum string // SHA-256 of a file that was parsed from memory, else ""
}

// Read loads the checkpoint at path, whose format it recognizes by the content, never
// by the name. It reads the whole state dict of a .pt, wrapped as {"model": ...},
// {"state_dict": ...} or bare, but no optimizer state and the like.
//
// Errors name the file. A .pt that would execute code when loaded by PyTorch
// gives an error that wraps [ErrUnsafe].
func Read(path string) (*File, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("checkpoint: read %s: %w", path, err)
	}
	out, err := parse(f, size, head[:n])
	if err != nil {
		return nil, fmt.Errorf("checkpoint: read %s: %w", path, err)
	}
	out.Path = path
	return out, nil
}

// Parse loads a checkpoint from memory; name stands for its path in errors.
func Parse(name string, data []byte) (*File, error) {
	out, err := parse(bytes.NewReader(data), int64(len(data)), data[:min(16, len(data))])
	if err != nil {
		return nil, fmt.Errorf("checkpoint: read %s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	out.Path, out.sum = name, hex.EncodeToString(sum[:])
	return out, nil
}

// parse recognizes the format of r by its first bytes, head, and reads it.
func parse(r io.ReaderAt, size int64, head []byte) (*File, error) {
	switch {
	case len(head) == 0:
		return nil, fmt.Errorf("the file is empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return readZip(r, size)
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= uint64(size):
		f, err := readSafetensors(r, size) // before the pickles, because the header's length may begin with 0x80, too
		if err == nil {
			f.rename()
		}
		return f, err
	case head[0] == 0x80:
		return readLegacy(r, size)
	case len(head) > 8 && head[8] == '{':
		return nil, fmt.Errorf("the safetensors header claims %d bytes, the file has %d: truncated or corrupt",
			binary.LittleEndian.Uint64(head), size)
	case bytes.HasPrefix(head, []byte("version https://")):
		return nil, fmt.Errorf("this is a Git LFS pointer, not the weights; fetch the real file (git lfs pull)")
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return nil, fmt.Errorf("this is an HTML or XML page, not weights; download the file again")
	}
	return nil, fmt.Errorf("neither a PyTorch .pt nor a safetensors file (starts with % x)", head[:min(8, len(head))])
}

// openRegular opens the file at path and returns its size. It refuses directories and devices.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path) // before opening it: a pipe would wait for its writer
	if err != nil {
		return nil, 0, fmt.Errorf("checkpoint: open: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("checkpoint: open %s: not a regular file; give the path of a .pt or .safetensors file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("checkpoint: open: %w", err)
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("checkpoint: open %s: %w", path, err)
	}
	return f, info.Size(), nil
}

// List returns the tensors in file order.
func (f *File) List() []Named {
	out := make([]Named, 0, len(f.Order))
	for _, name := range f.Order {
		out = append(out, Named{name, f.Tensors[name]})
	}
	return out
}

// SHA256 is the lower-case hexadecimal SHA-256 of the file on disk, or of the bytes that it was parsed from.
func (f *File) SHA256() (string, error) {
	if f.sum != "" {
		return f.sum, nil
	}
	return SHA256(f.Path)
}

// SHA256 returns the lower-case hexadecimal SHA-256 of the file at path.
func SHA256(path string) (string, error) {
	f, _, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("checkpoint: hash %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Convert reads the checkpoint in and writes its tensors and metadata to out: as
// safetensors if out ends in .safetensors, as a PyTorch zip if it ends in .pt, .pth or
// .bin. dtype and force are those of [Options]. It returns what was read. What is in the
// Skipped of that is not in out.
func Convert(in, out string, dtype DType, force bool) (*File, error) {
	write := WritePT
	switch ext := strings.ToLower(filepath.Ext(out)); ext {
	case ".safetensors":
		write = WriteSafetensors
	case ".pt", ".pth", ".bin":
	default:
		return nil, fmt.Errorf("checkpoint: convert to %s: unknown ending %q, want .safetensors or .pt", out, ext)
	}
	if err := distinct(in, out); err != nil {
		return nil, err
	}
	err := checkTarget(out, force) // before the long read
	if err == nil {
		err = wholefile.Probe(out)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: write %s: %w", out, err)
	}
	f, err := Read(in)
	if err != nil {
		return nil, err
	}
	return f, write(out, f.List(), f.Metadata, Options{DType: dtype, Force: force})
}

// distinct refuses to convert a file onto itself.
func distinct(in, out string) error {
	a, err := os.Stat(in)
	if err != nil {
		return fmt.Errorf("checkpoint: convert: %w", err)
	}
	if b, err := os.Stat(out); err == nil && os.SameFile(a, b) {
		return fmt.Errorf("checkpoint: convert: %s and %s are the same file; choose another output", in, out)
	}
	return nil
}

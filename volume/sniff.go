package volume

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// sniffLength covers the NIfTI header's magic (byte 344) and the DICOM signature (byte 128).
const sniffLength = 352

// fileHead returns the first bytes of a file.
func fileHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readHead(f)
}

func readHead(r io.Reader) ([]byte, error) {
	buf := make([]byte, sniffLength)
	n, err := io.ReadFull(r, buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return buf[:n], nil
}

// unpackedHead returns the first unpacked bytes of a gzip file, nil if it cannot be unpacked.
func unpackedHead(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil
	}
	z.Multistream(false) // anything after the first member is padding
	head, err := readHead(z)
	if err != nil {
		return nil
	}
	return head
}

// sniff returns the format of a file, judging by its first bytes and its name; "" if it is not one that this package reads.
func sniff(path string, head []byte) string {
	name := strings.ToLower(filepath.Base(path))
	ext := filepath.Ext(name)
	switch {
	case bytes.HasPrefix(head, []byte("NRRD")):
		return "nrrd"
	case bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return "stack"
	case isGzip(head):
		if dicom.Is(unpackedHead(path)) {
			return "dicom"
		}
		return "nifti"
	case dicom.Is(head):
		return "dicom"
	case hasNIfTISize(head):
		return "nifti"
	}
	switch ext {
	case ".nii", ".hdr", ".img":
		return "nifti"
	case ".nrrd", ".nhdr":
		return "nrrd"
	case ".mha", ".mhd":
		return "mha"
	case ".dcm", ".ima", ".dicom":
		return "dicom"
	case ".png", ".jpg", ".jpeg":
		return "stack"
	}
	return ""
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }

func hasNIfTISize(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	_, _, ok := niftiVersion(head)
	return ok
}

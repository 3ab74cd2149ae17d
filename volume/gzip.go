package volume

import (
	"bufio"
	"compress/gzip"
	"io"
)

// gzipReader unpacks consecutive gzip members like gzip.Reader, but stops at anything else: tapes and block devices pad files
// with zeros, which other programs ignore, too.
type gzipReader struct {
	from *bufio.Reader
	z    *gzip.Reader
}

func newGzip(from *bufio.Reader) (*gzipReader, error) {
	z, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{from, z}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if n > 0 || err != io.EOF {
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
		if head, _ := g.from.Peek(2); !isGzip(head) {
			return 0, io.EOF
		}
		if err := g.z.Reset(g.from); err != nil {
			return 0, err
		}
		g.z.Multistream(false)
	}
}

package volume

import (
	"errors"
	"io"
)

var errNotYet = errors.New("format not supported yet")

func openNRRD(string) (*source, error)             { return nil, errNotYet }
func openMHA(string) (*source, error)              { return nil, errNotYet }
func openDICOM([]string) (*source, error)          { return nil, errNotYet }
func openStack([]string, purpose) (*source, error) { return nil, errNotYet }
func isDICOM(h []byte) bool                        { return len(h) >= 132 && string(h[128:132]) == "DICM" }
func (s *samples) writeNRRD(io.Writer) error       { return errNotYet }
func (s *samples) writeMHA(io.Writer) error        { return errNotYet }

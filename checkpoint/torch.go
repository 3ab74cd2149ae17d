package checkpoint

import (
	"bytes"
	"fmt"

	"github.com/nlpodyssey/gopickle/pickle"
)

// runPickle checks and runs the pickle at the start of data and returns its value and
// its length in bytes. It adds every storage that the pickle names to known.
//
// gopickle panics on some malformed pickles, for instance on an unhashable dictionary
// key; runPickle returns that as an error.
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

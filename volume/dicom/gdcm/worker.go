package gdcm

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// worker is an instance of the module. Starting one takes a hundred times as long as unpacking a slice, so it is used for
// many pictures, but not after a failure, and not forever.
type worker struct {
	instance api.Module
	file     *oneFile
	said     *lastWords
	runs     int
}

// Limits of reuse.
const (
	maxRuns     = 256 // pictures per worker
	idleWorkers = 16
	pictureName = "picture.dcm"
)

// take returns an idle worker, or a new one.
func (c *compiled) take(ctx context.Context) (*worker, error) {
	select {
	case w := <-c.idle:
		return w, nil
	default:
	}
	w := &worker{file: &oneFile{name: pictureName}, said: &lastWords{}}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").WithStdout(w.said).WithStderr(w.said).
		WithFSConfig(wazero.NewFSConfig().WithFSMount(w.file, "/")).
		WithArgs("gdcm-read-image", "--memory-io", "/"+pictureName, "0", "1")
	var err error
	if w.instance, err = c.runtime.InstantiateModule(ctx, c.module, config); err != nil {
		return nil, fmt.Errorf("the decoder does not start: %w", err)
	}
	return w, nil
}

// giveBack keeps a worker for the next picture.
func (c *compiled) giveBack(w *worker) {
	if w.runs < maxRuns {
		select {
		case c.idle <- w:
			return
		default:
		}
	}
	w.close()
}

func (w *worker) close() {
	_ = w.instance.Close(context.Background()) // nothing of it is needed anymore
}

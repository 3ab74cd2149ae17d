package gdcm

import (
	"bytes"
	"compress/bzip2"
	"context"
	_ "embed" // for the module
	"fmt"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed gdcm-read-image.wasi.wasm.bz2
var packedModule []byte

// memoryPages bounds the memory of an instance: 16384 pages of 64 KiB are 1 GiB, about ten times what the
// largest pictures of scanners (mammograms) need.
const memoryPages = 16384

// compiled is the compiled module, which can have any number of instances.
type compiled struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
	idle    chan *worker
}

// compile unpacks and compiles the module on its first call, which takes about a second.
var compile = sync.OnceValues(func() (*compiled, error) {
	ctx := context.Background()
	binary, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(packedModule)))
	if err != nil {
		return nil, fmt.Errorf("the embedded decoder: %w", err)
	}
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCloseOnContextDone(true)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, fmt.Errorf("the embedded decoder: %w", err)
	}
	module, err := r.CompileModule(ctx, binary)
	if err != nil {
		return nil, fmt.Errorf("the embedded decoder: %w", err)
	}
	return &compiled{r, module, make(chan *worker, idleWorkers)}, nil
})

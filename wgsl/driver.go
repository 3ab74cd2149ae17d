package wgsl

// driver is what a Device needs from WebGPU. The rest of this package decides what to run on which buffers and does not know how
// it is run: webgpu.go is the driver with a GPU and needs cgo; tests have one that only checks what it is asked to do.
type driver interface {
	// create allocates a block of memory of size bytes.
	create(size int64, use use) (handle, error)

	// compile compiles a shader. access has one letter per storage binding, see kernel.access.
	compile(name, code, access string) (handle, error)

	// bind makes the bind group of a program: the block of its params, and its storage bindings from binding 1 on.
	bind(name string, program, params handle, storage []binding) (handle, error)

	// submit writes words to the block params, slotBytes for each launch, and starts the launches in order.
	submit(params handle, words []uint32, launches []launch) error

	// write copies src to a block, from word off on, before the next submission runs.
	write(b handle, off int, src []float32) error

	// submitWrites submits the writes so far.
	submitWrites()

	// read waits until everything submitted is done, then copies parts of blocks to the host, by way of the block staging, which
	// must hold all of them.
	read(from []reading, staging handle) error

	// poll lets the driver release what finished submissions have used.
	poll()

	// waitIdle waits until everything submitted is done.
	waitIdle() error

	// stray returns the first error that no other call has returned, and clears it.
	stray() error

	// close releases the driver. Everything that it made must have been released before.
	close()
}

// handle is something that a driver has made.
type handle interface{ Release() }

// use is the purpose of a block of memory.
type use int

const (
	forStorage use = iota
	forParams
	forStaging
)

// reading is a range of a block, from word off on, and where it goes on the host.
type reading struct {
	block handle
	off   int
	to    []float32
}

// binding is a range of a block, in bytes.
type binding struct {
	block     handle
	off, size int
}

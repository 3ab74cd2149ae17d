package wgsl

// driver is what a Device needs of WebGPU. Everything else of this package, which decides what to run on what, does not
// know how it is run: webgpu.go is the driver with a GPU under it and needs cgo, tests have one that only looks.
type driver interface {
	// create makes a block of memory of so many bytes.
	create(size int64, use use) (handle, error)

	// compile makes a program of a shader; access has a letter per storage binding, as kernel.access.
	compile(name, code, access string) (handle, error)

	// bind joins a program with the block of its params and its storage bindings, from binding 1 on.
	bind(name string, program, params handle, storage []binding) (handle, error)

	// submit writes words to the block params, slotBytes for each launch, then starts the launches in order.
	submit(params handle, words []uint32, launches []launch) error

	// write copies src to words off.. of a block, with the next submission.
	write(b handle, off int, src []float32) error

	// submitWrites starts the writes so far.
	submitWrites()

	// read copies words of blocks to the host, by way of a block for staging that holds all of them, when all that was submitted is
	// done.
	read(from []reading, staging handle) error

	// poll lets the driver drop what finished submissions held.
	poll()

	// waitIdle waits until all that was submitted is done.
	waitIdle() error

	// stray returns and forgets the first error that belongs to no call.
	stray() error

	// close releases the driver after everything that it made.
	close()
}

// handle is something that a driver made.
type handle interface{ Release() }

// use is what a block of memory is for.
type use int

const (
	forStorage use = iota
	forParams
	forStaging
)

// reading is words off.. of a block and where they go on the host.
type reading struct {
	block handle
	off   int
	to    []float32
}

// binding is a part of a block, in bytes.
type binding struct {
	block     handle
	off, size int
}

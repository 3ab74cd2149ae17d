package wgsl

// Counting returns a device that computes nothing, needs no driver, and is asked for exactly what an adapter of the given kind and
// backend would be asked for with the options: see Device.Tally. Whatever is read from it is 1, which decides nothing about sizes but lets every
// object be present.
func Counting(info AdapterInfo, opts Options) (*Device, error) {
	return newDevice(info, nothing{}, limits{bindingBytes: 1 << 31, bufferBytes: 1 << 40, workgroups: 65535}, opts)
}

// nothing is a driver without a machine under it.
type nothing struct{}

// nowhere is what it makes.
type nowhere struct{}

// Release implements handle.
func (nowhere) Release() {}

func (nothing) create(int64, use) (handle, error)                      { return nowhere{}, nil }
func (nothing) compile(string, string, string) (handle, error)         { return nowhere{}, nil }
func (nothing) bind(string, handle, handle, []binding) (handle, error) { return nowhere{}, nil }
func (nothing) submit(handle, []uint32, []launch) error                { return nil }
func (nothing) write(handle, int, []float32) error                     { return nil }
func (nothing) submitWrites()                                          {}
func (nothing) poll()                                                  {}
func (nothing) waitIdle() error                                        { return nil }
func (nothing) stray() error                                           { return nil }
func (nothing) close()                                                 {}
func (nothing) read(from []reading, _ handle) error {
	for _, r := range from {
		for i := range r.to {
			r.to[i] = 1
		}
	}
	return nil
}

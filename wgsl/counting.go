package wgsl

// Counting returns a device that computes nothing and needs no driver, but counts exactly the launches that an adapter of the given
// kind and backend would get with these options: see Device.Tally. Every number read from it is 1; a model that reads object scores
// thus finds every object present.
func Counting(info AdapterInfo, opts Options) (*Device, error) {
	return newDevice(info, nothing{}, limits{bindingBytes: 1 << 31, bufferBytes: 1 << 40, workgroups: 65535}, opts)
}

// nothing is a driver without a GPU.
type nothing struct{}

// nowhere is the handle of everything that it makes.
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

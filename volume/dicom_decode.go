package volume

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// frameReader decodes frames. Several goroutines may use it at once. A file with several frames is read only once.
type frameReader struct {
	shared map[string]bool // paths of files with more than one frame
	mutex  sync.Mutex
	path   string        // of the shared file that was last read
	kept   *dicom.Pixels // its pixels
}

func newFrameReader(stack []*dicomFrame) *frameReader {
	r := &frameReader{shared: map[string]bool{}}
	seen := map[string]bool{}
	for _, s := range stack {
		r.shared[s.file.path] = seen[s.file.path]
		seen[s.file.path] = true
	}
	return r
}

// pixels returns the pixels of a file.
func (r *frameReader) pixels(path string) (*dicom.Pixels, error) {
	if r.shared[path] {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		if r.path == path {
			return r.kept, nil
		}
	}
	d, err := loadDICOM(path)
	if err != nil {
		return nil, err
	}
	p, err := d.Pixels()
	if err == nil && r.shared[path] {
		r.path, r.kept = path, p
	}
	return p, err
}

// frame returns the stored values of a frame, before rescaling.
func (r *frameReader) frame(s *dicomFrame) ([]float64, error) {
	p, err := r.pixels(s.file.path)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %s: %w", s.file.base(), err)
	}
	if s.rows != p.Rows || s.cols != p.Columns || s.index >= p.Frames {
		return nil, fmt.Errorf("DICOM: %s: the file changed while it was being read", s.file.base())
	}
	values, err := p.Frame(s.index)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %s: %w", s.name(), err)
	}
	return values, nil
}

// decoded is the result of decoding a frame.
type decoded struct {
	values []float64
	err    error
}

// eachFrame decodes the frames, as many at once as there are processors, and calls do for each in order.
func eachFrame(stack []*dicomFrame, do func(i int, s *dicomFrame, values []float64) error) error {
	reader := newFrameReader(stack)
	waiting := make(chan chan decoded, runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(waiting)
		for _, s := range stack {
			result := make(chan decoded, 1)
			select {
			case waiting <- result:
			case <-stop:
				return
			}
			go func() {
				values, err := reader.frame(s)
				result <- decoded{values, err}
			}()
		}
	}()
	i := 0
	for result := range waiting {
		d := <-result
		if d.err != nil {
			return d.err
		}
		if err := do(i, stack[i], d.values); err != nil {
			return err
		}
		i++
	}
	return nil
}

package train

import "context"

// prefetch makes clips ahead of the steps that use them, several at a time, and hands them out in order.
type prefetch struct {
	queue  chan chan made
	cancel context.CancelFunc
}

// made is a clip or the reason why there is none.
type made struct {
	clip *Clip
	err  error
}

// newPrefetch starts making clips first, first+1, ... with at most ahead of them under way or waiting.
func newPrefetch(ctx context.Context, s *Sampler, first, ahead int) *prefetch {
	ctx, cancel := context.WithCancel(ctx)
	p := &prefetch{queue: make(chan chan made, ahead), cancel: cancel}
	go func() {
		for n := first; ; n++ {
			one := make(chan made, 1)
			select {
			case p.queue <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				clip, err := s.Clip(n)
				one <- made{clip, err}
			}()
		}
	}()
	return p
}

// next waits for the next clip, or for the end of ctx.
func (p *prefetch) next(ctx context.Context) (*Clip, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case one := <-p.queue:
		select {
		case m := <-one:
			return m.clip, m.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *prefetch) close() { p.cancel() }

package train

import "context"

// prefetch prepares clips ahead of the steps that use them, several at a time, and delivers them in order.
type prefetch struct {
	queue  chan chan preparedClip
	cancel context.CancelFunc
}

// preparedClip is a clip, or the error that prevented it.
type preparedClip struct {
	clip *Clip
	err  error
}

// newPrefetch starts preparing clips first, first+1, ..., with at most ahead of them in progress or waiting.
func newPrefetch(ctx context.Context, s *Sampler, first, ahead int) *prefetch {
	ctx, cancel := context.WithCancel(ctx)
	p := &prefetch{queue: make(chan chan preparedClip, ahead), cancel: cancel}
	go func() {
		for n := first; ; n++ {
			one := make(chan preparedClip, 1)
			select {
			case p.queue <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				var of preparedClip
				of.err = guarded(func() (err error) {
					of.clip, err = s.Clip(n)
					return err
				})
				one <- of
			}()
		}
	}()
	return p
}

// next waits for the next clip or the end of ctx.
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

// close stops the preparation.
func (p *prefetch) close() { p.cancel() }

package nn

import "context"

// interrupted is the panic that unwinds the stack to Interruptible, which recovers it.
type interrupted struct{}

// Interruptible runs f, and ends it early when ctx ends: where the next Scoped call begins, which is between two blocks or layers
// of a network. It then releases what f has made and returns the error of ctx. f must not record a tape.
func (g *Graph) Interruptible(ctx context.Context, f func() error) (err error) {
	outer, scope := g.ctx, g.scope
	g.ctx = ctx
	defer func() {
		g.ctx = outer
		switch fault := recover().(type) {
		case nil:
		case interrupted:
			for ; g.scope != scope; g.scope = g.scope.parent {
				for _, st := range g.scope.made {
					st.release()
				}
			}
			err = ctx.Err()
		default:
			panic(fault)
		}
	}()
	return f()
}

// checkInterrupt ends the work of Interruptible if its context has ended.
func (g *Graph) checkInterrupt() {
	if g.ctx != nil && g.ctx.Err() != nil {
		panic(interrupted{})
	}
}

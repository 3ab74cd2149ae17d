package nn

import "context"

// interrupted unwinds the work of Interruptible. It never leaves it.
type interrupted struct{}

// Interruptible runs f, which ends early when ctx does: where the next Scoped begins, which is between two blocks or
// layers of a network. What was made meanwhile is released then, and the error is that of ctx.
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

// checkInterrupt ends what Interruptible runs if its context has ended.
func (g *Graph) checkInterrupt() {
	if g.ctx != nil && g.ctx.Err() != nil {
		panic(interrupted{})
	}
}

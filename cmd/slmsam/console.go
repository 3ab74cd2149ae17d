package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// console prints what a command has to say: results to stdout, messages and progress to stderr.
type console struct {
	out   io.Writer
	err   io.Writer
	log   *slog.Logger
	json  bool
	quiet bool
	lines *lineHandler
}

// newConsole returns a console as the persistent flags of cmd ask for.
func newConsole(cmd *cobra.Command) *console {
	flag := func(name string) bool {
		on, err := cmd.Flags().GetBool(name)
		return on && err == nil
	}
	c := &console{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), json: flag("json"), quiet: flag("quiet")}
	level := slog.LevelInfo
	switch {
	case flag("verbose"):
		level = slog.LevelDebug
	case c.quiet:
		level = slog.LevelWarn
	}
	c.lines = &lineHandler{shared: &lineState{w: c.err}, level: level}
	c.log = slog.New(c.lines)
	return c
}

// result prints the result of a command: v as one JSON object with --json, else what text writes, unless --quiet is given.
func (c *console) result(v any, text func(w io.Writer)) error {
	if !c.json {
		if !c.quiet {
			text(c.out)
		}
		return nil
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// progress starts to show the progress of a long task: as a bar on a terminal, else as a line now and then. what is counted
// (such as "slices"); bytes are shown in units such as MB.
func (c *console) progress(what string, bytes bool) *progress {
	p := &progress{console: c, what: what, started: time.Now(), last: time.Now()}
	f, isFile := c.err.(*os.File)
	if c.quiet || !isFile || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	options := []progressbar.Option{progressbar.OptionSetWriter(c.err), progressbar.OptionSetDescription(what),
		progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100 * time.Millisecond), progressbar.OptionClearOnFinish()}
	if bytes {
		options = append(options, progressbar.OptionShowBytes(true))
	} else {
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString(what))
	}
	p.bar = progressbar.NewOptions64(1, options...)
	c.lines.shared.setBar(p.bar)
	return p
}

// messageInterval is the time between messages about progress if there is no bar.
const messageInterval = 10 * time.Second

// progress shows the progress of one task.
type progress struct {
	console *console
	bar     *progressbar.ProgressBar
	what    string
	started time.Time
	last    time.Time
}

// set shows that done of total are finished.
func (p *progress) set(done, total int64) {
	if p.bar != nil {
		p.bar.ChangeMax64(total)
		_ = p.bar.Set64(done) // the task does not fail if the bar cannot be drawn
		return
	}
	if time.Since(p.last) > messageInterval {
		p.last = time.Now()
		left := time.Duration(float64(time.Since(p.started)) / float64(max(done, 1)) * float64(total-done))
		p.console.log.Info(fmt.Sprintf("%s: %d of %d, about %v left", p.what, done, total, left.Round(time.Second)))
	}
}

// close removes the bar.
func (p *progress) close() {
	if p.bar != nil {
		p.console.lines.shared.setBar(nil)
		_ = p.bar.Clear()
	}
}

// lineHandler is a slog.Handler that writes each record as a line of plain text, and removes the progress bar before it.
type lineHandler struct {
	shared *lineState
	level  slog.Level
	attrs  string
}

// lineState is what the handlers of a console share.
type lineState struct {
	sync.Mutex
	w   io.Writer
	bar *progressbar.ProgressBar
}

// setBar sets the progress bar that messages must not run into; nil if there is none.
func (s *lineState) setBar(bar *progressbar.ProgressBar) {
	s.Lock()
	defer s.Unlock()
	s.bar = bar
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if r.Level != slog.LevelInfo {
		b.WriteString(strings.ToLower(r.Level.String()) + ": ")
	}
	b.WriteString(r.Message + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(attrText(a))
		return true
	})
	h.shared.Lock()
	defer h.shared.Unlock()
	if h.shared.bar != nil {
		_ = h.shared.bar.Clear()
	}
	_, err := fmt.Fprintln(h.shared.w, b.String())
	return err
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.attrs += attrText(a)
	}
	return &with
}

// WithGroup implements slog.Handler. Groups are not shown.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

// attrText returns an attribute as it stands at the end of a line.
func attrText(a slog.Attr) string { return fmt.Sprintf(", %s %v", a.Key, a.Value) }

// closeOrWarn closes something on which the result no longer depends; an error is only a warning.
func (c *console) closeOrWarn(close func() error) {
	if err := close(); err != nil {
		c.log.Warn("not everything could be cleaned up", "reason", err)
	}
}

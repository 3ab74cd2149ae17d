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

// console is how a command talks: results on stdout, messages and progress on stderr.
type console struct {
	out   io.Writer
	err   io.Writer
	log   *slog.Logger
	json  bool
	quiet bool
	lines *lineHandler
}

// newConsole reads the persistent flags.
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

// result prints v as the one JSON object, or text for people unless --quiet.
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

// progress shows how far a long work has come: a bar on a terminal, otherwise a line now and then.
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

// quietInterval is how often a work without a bar says how far it is.
const quietInterval = 10 * time.Second

type progress struct {
	console *console
	bar     *progressbar.ProgressBar
	what    string
	started time.Time
	last    time.Time
}

// set reports that done of total are finished.
func (p *progress) set(done, total int64) {
	if p.bar != nil {
		p.bar.ChangeMax64(total)
		_ = p.bar.Set64(done) // a bar that cannot be drawn must not stop the work
		return
	}
	if time.Since(p.last) > quietInterval {
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

// lineHandler writes a log record as one line for people, clear of the progress bar.
type lineHandler struct {
	shared *lineState
	level  slog.Level
	attrs  string
}

type lineState struct {
	sync.Mutex
	w   io.Writer
	bar *progressbar.ProgressBar
}

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

// WithGroup implements slog.Handler; groups have no place on a line.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

func attrText(a slog.Attr) string { return fmt.Sprintf(", %s %v", a.Key, a.Value) }

// end closes something that the result does not hang on.
func (c *console) end(close func() error) {
	if err := close(); err != nil {
		c.log.Warn("not everything could be cleaned up", "reason", err)
	}
}

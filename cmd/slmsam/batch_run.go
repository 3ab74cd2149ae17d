package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/batch"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/volume/report"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// batchRun is the work of one process on a dataset.
type batchRun struct {
	flags   *batchFlags
	console *console
	all     []batch.Case
	part    batch.Part
	cases   []batch.Case // this part's
	before  map[string]batch.Record

	dev     backend.Device
	model   *slmsam.Model
	journal *batch.Journal
	about   batch.Record // the fields that all records of this process have in common
	summary batchSummary
}

// batchSummary is what slmsam batch --json prints.
type batchSummary struct {
	Part           string   `json:"part"`
	Cases          int      `json:"cases"` // in this part
	Done           int      `json:"done"`
	Skipped        int      `json:"skipped"`
	Failed         int      `json:"failed"`
	Slices         int      `json:"slices"` // number that were computed
	Seconds        float64  `json:"seconds"`
	StartUpSeconds float64  `json:"startup_seconds"` // before the first case could be computed
	Device         string   `json:"device"`
	Precision      string   `json:"precision"` // of matrix products
	Checkpoint     string   `json:"checkpoint"`
	PeakMemory     int64    `json:"peak_memory_bytes"`  // on the device
	PeakResident   int64    `json:"peak_process_bytes"` // of the process
	Output         string   `json:"output"`
	Report         string   `json:"report"`
	Failures       []string `json:"failures"`
}

// choose selects this part's cases and creates the folders for their files.
func (b *batchRun) choose() error {
	out := b.flags.out
	if err := batch.Prepare(out, nil, nil); err != nil {
		return err
	}
	sizes, err := batch.Sizes(out, b.all)
	if err != nil {
		return err
	}
	b.cases = batch.Share(b.all, sizes, b.part)
	if b.before, err = batch.ReadManifest(out); err != nil {
		return err
	}
	if b.flags.retry {
		b.cases = slices.DeleteFunc(b.cases, func(c batch.Case) bool { return b.before[c.Name].State != batch.Failed })
	}
	return batch.Prepare(out, b.cases, b.flags.caseFiles)
}

// run opens the model, does the cases one after another, and writes the report. Failed cases are an error.
func (b *batchRun) run(ctx context.Context) (err error) {
	started := time.Now()
	b.summary = batchSummary{Part: b.part.String(), Cases: len(b.cases), Output: b.flags.out, Failures: []string{}}
	if len(b.cases) > 0 {
		if b.dev, err = b.flags.propagate.deviceFlags.open(b.console); err != nil {
			return err
		}
		defer b.dev.Close()
		if b.model, b.summary.Checkpoint, err = openModel(b.dev, b.flags.propagate.modelFlags, b.console); err != nil {
			return err
		}
		endCache, err := b.flags.propagate.cacheFlags.attach(b.model, true)
		if err != nil {
			return err
		}
		defer b.console.closeOrWarn(endCache)
		if b.journal, err = batch.OpenJournal(b.flags.out, b.part); err != nil {
			return err
		}
		defer b.journal.Close()
		b.summary.Device, b.summary.Precision = b.dev.Name(), slmsam.Precision(b.dev)
		b.describe()
		b.summary.StartUpSeconds = time.Since(started).Seconds()
		if err := b.doAll(ctx); err != nil {
			return err
		}
		b.summary.PeakMemory = b.dev.Memory().Peak
	}
	b.summary.Seconds = time.Since(started).Seconds()
	b.summary.PeakResident = processPeak()
	if b.summary.Report, err = b.flags.writeCohort(b.all); err != nil {
		return err
	}
	if err := b.console.result(b.summary, b.summary.print); err != nil {
		return err
	}
	if n := b.summary.Failed; n > 0 {
		return fmt.Errorf("%d of %d cases failed; the manifest says why, and --retry-failed tries them again", n, len(b.cases))
	}
	return nil
}

// describe fills in the fields that all records have in common.
func (b *batchRun) describe() {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	b.about = batch.Record{Part: b.part.String(), Host: host, Device: b.dev.Name(), Version: version(), Checkpoint: b.summary.Checkpoint, Weights: b.model.Weights}
}

// doAll does the cases one after another, and reads the next one while one is computed. It stops early if the device is lost,
// the manifest cannot be written, or ctx ends.
func (b *batchRun) doAll(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	ahead := make(chan *prepared)
	go func() {
		defer close(ahead)
		for _, c := range b.cases {
			if ctx.Err() != nil {
				return // without reading a volume that nobody needs
			}
			select {
			case ahead <- b.prepare(c):
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		stop()
		for range ahead { // wait until the reader has ended
		}
	}()
	n := 0
	for p := range ahead {
		n++
		said, err := b.finish(ctx, p)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, wgsl.ErrDeviceLost):
			return fmt.Errorf("case %s: %w; the remaining cases are not done: run again with --skip-existing", p.Case.Name, err)
		case errors.Is(err, errJournal):
			return err
		case err != nil:
			b.console.log.Error(fmt.Sprintf("[%d/%d] %s: %v", n, len(b.cases), p.Case.Name, err))
			b.summary.Failed++
			b.summary.Failures = append(b.summary.Failures, p.Case.Name+": "+err.Error())
			if err := b.record(batch.Record{State: batch.Failed, Error: err.Error()}, p); err != nil {
				return err
			}
		default:
			b.console.log.Info(fmt.Sprintf("[%d/%d] %s: %s", n, len(b.cases), p.Case.Name, said))
		}
	}
	return ctx.Err()
}

// finish computes a case and writes its files, or keeps its existing result. It returns what to tell the user.
func (b *batchRun) finish(ctx context.Context, p *prepared) (said string, err error) {
	defer recovered(&err)
	switch {
	case p.err != nil:
		return "", p.err
	case p.kept != "":
		b.summary.Skipped++
		return p.kept, b.keep(p)
	}
	started := time.Now()
	result, err := p.job.segment(ctx, b.model, b.caseConsole(p.Case))
	if err != nil {
		return "", err
	}
	s := p.job.summarize(result)
	provenance := b.model.Provenance(p.job.request, result)
	r := batch.Record{State: batch.Writing, Compute: time.Since(started).Seconds(), Slices: s.Slices, Doubts: manifestDoubts(result.Doubts), Notes: p.job.notes,
		ImageHash: provenance.Image, Request: provenance.Request, Provenance: provenancePath(p.Case.Output), Peak: b.dev.Memory().Peak}
	for _, o := range result.Objects {
		r.Labels = append(r.Labels, o.Label)
	}
	writing := time.Now()
	if b.flags.montage {
		r.Montage = montagePath(p.Case)
		draw := func(w io.Writer) error { return report.Montage(w, p.job.study(p.Case.Name, result)) }
		if err := wholefile.Write(b.flags.pathInOut(r.Montage), draw); err != nil {
			return "", fmt.Errorf("the picture of the case: %w", err)
		}
	}
	if err := b.record(r, p); err != nil {
		return "", err
	}
	if err := p.job.write(provenance, result); err != nil {
		return "", err
	}
	r.State, r.Write = batch.Done, time.Since(writing).Seconds()
	if err := b.record(r, p); err != nil {
		return "", err
	}
	b.summary.Done++
	b.summary.Slices += r.Slices
	return fmt.Sprintf("%d slices in %.1f s, %d doubtful", r.Slices, r.Compute, len(r.Doubts)), nil
}

// keep makes the manifest complete for a case whose existing result is kept.
func (b *batchRun) keep(p *prepared) error {
	r := b.before[p.Case.Name]
	if r.State == batch.Done && r.Request == p.existing.Request {
		return nil
	}
	if r.State != batch.Writing || r.Request != p.existing.Request { // not the work of an interrupted batch
		r = batch.Record{ImageHash: p.existing.Image, Request: p.existing.Request, Provenance: provenancePath(p.Case.Output)}
	}
	r.State = batch.Done
	return b.record(r, p)
}

// errJournal marks the error that the manifest cannot be written, after which the batch stops.
var errJournal = errors.New("stopping")

// record completes r and appends it to the manifest.
func (b *batchRun) record(r batch.Record, p *prepared) error {
	r.Case, r.Image, r.Mask, r.Output = p.Case.Name, p.Case.Image, p.Case.Mask, p.Case.Output
	r.Part, r.Host, r.Device, r.Version, r.Checkpoint, r.Weights = b.about.Part, b.about.Host, b.about.Device, b.about.Version, b.about.Checkpoint, b.about.Weights
	r.Read, r.Finished = p.seconds, time.Now()
	if err := b.journal.Write(r); err != nil {
		return fmt.Errorf("%w: %w", err, errJournal)
	}
	return nil
}

// pathInOut returns the path of a file in the output folder; name has slashes.
func (f *batchFlags) pathInOut(name string) string {
	return filepath.Join(f.out, filepath.FromSlash(name))
}

// recovered, when deferred, turns a panic into an error of one case, so that the other cases are still done.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("this case reveals a bug in slmsam; please report it: %v", v)
	}
}

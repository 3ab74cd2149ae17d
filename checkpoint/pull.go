package checkpoint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Pull downloads entry into dir and returns the path of the file. A file that is already
// there is kept if its SHA-256 is right. An interrupted download stays as <file>.part,
// which the next call resumes. A complete one is renamed if its size and SHA-256 are
// right, and deleted if not.
//
// base is the URL of the folder to download from, "" for [OfficialURL]. progress, if not
// nil, is called with the number of bytes on disk and the number of all bytes.
func Pull(ctx context.Context, entry Entry, dir, base string, progress func(done, total int64)) (string, error) {
	target := filepath.Join(dir, entry.File)
	if err := pull(ctx, entry, target, base, progress); err != nil {
		return "", fmt.Errorf("checkpoint: pull %s to %s: %w", entry.File, dir, err)
	}
	return target, nil
}

func pull(ctx context.Context, entry Entry, target, base string, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	if _, err := os.Lstat(target); err == nil {
		if sum, err := SHA256(target); err != nil {
			return err
		} else if sum != entry.SHA256 {
			return fmt.Errorf("a file with that name and a different SHA-256 (%s) exists; move it away", sum)
		}
		progress(entry.Size, entry.Size)
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	part := target + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	err = fetch(ctx, entry, f, base, progress)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return errors.Join(err, removeEmpty(part))
	}
	sum, err := SHA256(part)
	if err != nil {
		return err
	}
	if sum != entry.SHA256 {
		return errors.Join(fmt.Errorf("SHA-256 is %s, want %s; the part was deleted, try again", sum, entry.SHA256), os.Remove(part))
	}
	return os.Rename(part, target)
}

// removeEmpty removes the file at path if it is empty: there is nothing to resume.
func removeEmpty(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() > 0 {
		return err
	}
	return os.Remove(path)
}

// fetch downloads what the partial file f lacks.
func fetch(ctx context.Context, entry Entry, f *os.File, base string, progress func(done, total int64)) error {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have == entry.Size {
		progress(have, entry.Size)
		return nil
	}
	if have > entry.Size {
		have = 0 // part of another file
	}
	body, from, err := request(ctx, entry, base, have)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := f.Truncate(from); err != nil {
		return err
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err
	}
	progress(from, entry.Size)
	counter := &progressWriter{w: f, done: from, total: entry.Size, report: progress}
	n, err := io.Copy(counter, io.LimitReader(body, entry.Size-from+1))
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("stopped after %d of %d bytes (%w); run it again to resume", from+n, entry.Size, ctx.Err())
	case counter.err != nil:
		return fmt.Errorf("after %d of %d bytes: %w; free some space or choose another folder, then run it again to resume",
			from+n, entry.Size, counter.err)
	case err != nil || from+n < entry.Size:
		return fmt.Errorf("the connection was cut after %d of %d bytes (%w); run it again to resume",
			from+n, entry.Size, cmp.Or(err, io.ErrUnexpectedEOF))
	case from+n > entry.Size:
		return errors.Join(fmt.Errorf("the server sent more than the %d bytes of this file; check the URL", entry.Size), f.Truncate(0))
	}
	return nil
}

// request asks the server for the entry from byte have on. from is the byte at which body
// begins, which is 0 if the server ignores ranges.
func request(ctx context.Context, entry Entry, base string, have int64) (body io.ReadCloser, from int64, err error) {
	url := entry.URL(base)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := client().Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("%w; check the network and the URL", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Body, 0, nil
	case http.StatusPartialContent:
		if want := fmt.Sprintf("bytes %d-", have); strings.HasPrefix(resp.Header.Get("Content-Range"), want) {
			return resp.Body, have, nil
		}
		err = fmt.Errorf("%s answered with the range %q when asked for bytes from %d", url, resp.Header.Get("Content-Range"), have)
	case http.StatusNotFound:
		err = fmt.Errorf("%s does not exist (404 Not Found); check the base URL", url)
	default:
		err = fmt.Errorf("%s answered %s; try again later", url, resp.Status)
	}
	resp.Body.Close()
	return nil, 0, err
}

// client returns an HTTP client that gives up on a server that does not answer, but not on
// a slow download.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		DisableKeepAlives:     true,
	}}
}

// progressWriter reports how much has been written. It keeps the error of writing, so that
// it can be told from one of reading.
type progressWriter struct {
	w           io.Writer
	done, total int64
	report      func(done, total int64)
	err         error
}

func (p *progressWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.done += int64(n)
	p.err = err
	p.report(min(p.done, p.total), p.total)
	return n, err
}

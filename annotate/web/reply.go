package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// RetryAfter is how many seconds a client should wait before it tries again, if the server is full.
const RetryAfter = "10"

// JSON replies with v as JSON.
func JSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("web.JSON: " + err.Error())
	}
	Bytes(w, status, "application/json", raw)
}

// Bytes replies with a body of the given type, and its length.
func Bytes(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the client is gone
}

// File replies with a file under the given name, and its length. Browsers save such a reply, and do not cache it, because
// it holds patients' data. The error is that of the file.
func File(w http.ResponseWriter, file *os.File, name string) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	Attach(w, "application/octet-stream", name)
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	w.WriteHeader(http.StatusOK)
	_, _ = io.Copy(w, file) // too late for another status; the length shows whether everything arrived
	return nil
}

// Attach makes browsers save the reply under the given name, and not cache it.
func Attach(w http.ResponseWriter, contentType, name string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "no-store")
}

// Detail replies with an error message for people: {"detail": text}.
func Detail(w http.ResponseWriter, status int, text string) {
	JSON(w, status, map[string]string{"detail": text})
}

// Fail replies with an error: a client's mistake gets 400 or 413 and says what it is, a full server 503 and when to try
// again, a lost device 503, a full disk 507. Anything else gets 500, and only the log says what it is.
func Fail(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	var input *annotate.InputError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &input):
		Detail(w, http.StatusBadRequest, input.Reason)
	case errors.As(err, &large):
		Detail(w, http.StatusRequestEntityTooLarge, "the upload is larger than the "+strconv.FormatInt(large.Limit, 10)+" bytes that this server accepts")
	case errors.Is(err, annotate.ErrFull):
		w.Header().Set("Retry-After", RetryAfter)
		Detail(w, http.StatusServiceUnavailable, err.Error())
	case errors.Is(err, annotate.ErrDeviceLost):
		log.Error("request failed", "route", r.Pattern, "error", err)
		Detail(w, http.StatusServiceUnavailable, annotate.ErrDeviceLost.Error())
	case errors.Is(err, annotate.ErrDeviceMemory):
		log.Error("request failed", "route", r.Pattern, "error", err)
		Detail(w, http.StatusServiceUnavailable, annotate.ErrDeviceMemory.Error())
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		log.Error("request failed", "route", r.Pattern, "error", err)
		Detail(w, http.StatusInsufficientStorage, "the server's disk is full: nothing was changed; try again when there is room")
	case errors.Is(err, context.Canceled):
		Detail(w, http.StatusServiceUnavailable, "the work was stopped")
	default:
		log.Error("request failed", "route", r.Pattern, "error", err)
		Detail(w, http.StatusInternalServerError, "internal error; the server's log says more")
	}
}

// Healthy replies that the server is running.
func Healthy(w http.ResponseWriter, _ *http.Request) {
	JSON(w, http.StatusOK, map[string]bool{"ok": true})
}

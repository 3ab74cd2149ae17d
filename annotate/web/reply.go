package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"syscall"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// RetryAfter is when a client that found the server full should ask again, in seconds.
const RetryAfter = "10"

// JSON answers with v and its length.
func JSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("web.JSON: " + err.Error())
	}
	Bytes(w, status, "application/json", raw)
}

// Bytes answers with a body of the given type and its length.
func Bytes(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away gets no answer
}

// Detail answers with an error that a person can read: {"detail": text}.
func Detail(w http.ResponseWriter, status int, text string) {
	JSON(w, status, map[string]string{"detail": text})
}

// Fail answers with an error: the client's mistakes in its own words with 400 or 413, a full server with 503 and
// when to try again, a device that gave up with 503, a full disk with 507, anything else with 500 and only in the log.
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

// Healthy answers that the server is there.
func Healthy(w http.ResponseWriter, _ *http.Request) {
	JSON(w, http.StatusOK, map[string]bool{"ok": true})
}

//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

// In three asynchronous calls (MapAsync, OnSubmittedWorkDone and the lost-device callback of RequestDevice), the Go binding
// passes addresses of Go variables to C, which a garbage collection before the callback invalidates. These shims call the same C
// functions, but with callbacks in C that write to malloc'ed memory. The declarations follow webgpu.h of wgpu-native 0.17, which
// a package other than the binding cannot include.

/*
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int kind; char message[4000]; } shim_error;       // kind: WGPUErrorType, first error wins
typedef struct { void* next; uint64_t limits[64]; } shim_limits;   // WGPUSupportedLimits = WGPURequiredLimits, and room
typedef struct {                                                   // WGPUDeviceDescriptor
	void* next; char const* label;
	size_t feature_count; void* features;
	shim_limits* limits;
	struct { void* next; char const* label; } queue;
	void (*lost)(int, char const*, void*); void* lost_data;
} shim_descriptor;

extern bool wgpuAdapterGetLimits(void* adapter, shim_limits* limits);
extern void wgpuAdapterRequestDevice(void* adapter, shim_descriptor const*, void (*done)(int, void*, char const*, void*), void*);
extern void wgpuDeviceSetUncapturedErrorCallback(void* device, void (*cb)(int, char const*, void*), void*);
extern void wgpuBufferMapAsync(void* buffer, uint32_t mode, size_t offset, size_t size, void (*cb)(int, void*), void*);
extern void wgpuQueueOnSubmittedWorkDone(void* queue, void (*cb)(int, void*), void*);

static void shim_on_error(int kind, char const* message, void* data) {
	shim_error* e = data;
	if (e->kind) return;
	e->kind = kind;
	strncpy(e->message, message ? message : "", sizeof e->message - 1);
}
static void shim_on_lost(int reason, char const* message, void* data) {
	((shim_error*)data)->kind = 0;
	shim_on_error(5, message, data); // WGPUErrorType_DeviceLost
}
static void shim_on_device(int status, void* device, char const* message, void* data) {
	if (status == 0) *(void**)data = device;
}
static void* shim_request_device(void* adapter, shim_error* errors) {
	void* device = NULL;
	shim_limits limits;
	memset(&limits, 0, sizeof limits);
	if (!wgpuAdapterGetLimits(adapter, &limits)) return NULL;
	shim_descriptor d;
	memset(&d, 0, sizeof d);
	d.limits = &limits;
	d.lost = shim_on_lost;
	d.lost_data = errors;
	wgpuAdapterRequestDevice(adapter, &d, shim_on_device, &device);
	if (device) wgpuDeviceSetUncapturedErrorCallback(device, shim_on_error, errors);
	return device;
}
static void shim_on_done(int status, void* flag) { *(volatile int*)flag = status + 1; }
static void shim_map_read(void* buffer, size_t size, int* flag) { wgpuBufferMapAsync(buffer, 1, 0, size, shim_on_done, flag); }
static void shim_work_done(void* queue, int* flag) { wgpuQueueOnSubmittedWorkDone(queue, shim_on_done, flag); }
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// errorLog holds the first error that no error scope has caught, in memory that C writes to.
type errorLog struct{ c *C.shim_error }

func newErrorLog() errorLog {
	return errorLog{(*C.shim_error)(C.calloc(1, C.size_t(unsafe.Sizeof(C.shim_error{}))))}
}

// take returns the error, nil if there is none, and clears it.
func (l errorLog) take() error {
	if l.c.kind == 0 {
		return nil
	}
	err := deviceError(wgpu.ErrorType(l.c.kind), C.GoString(&l.c.message[0]))
	l.c.kind = 0
	return err
}

func (l errorLog) free() { C.free(unsafe.Pointer(l.c)) }

// deviceError returns an error of WebGPU, wrapping one of ours if its kind has one.
func deviceError(kind wgpu.ErrorType, message string) error {
	message = strings.Join(strings.Fields(message), " ")
	switch kind {
	case wgpu.ErrorType_OutOfMemory:
		return fmt.Errorf("%w: %s", ErrOutOfMemory, message)
	case wgpu.ErrorType_DeviceLost:
		return fmt.Errorf("%w: %s", ErrDeviceLost, message)
	}
	return errors.New("wgsl: WebGPU error: " + message)
}

// The Go binding's handles are structs of C pointers. These functions read and make them.

func adapterHandle(a *wgpu.Adapter) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(a)) }
func bufferHandle(b *wgpu.Buffer) unsafe.Pointer   { return (*[2]unsafe.Pointer)(unsafe.Pointer(b))[1] }
func queueHandle(q *wgpu.Queue) unsafe.Pointer     { return (*[2]unsafe.Pointer)(unsafe.Pointer(q))[1] }

// requestDevice opens a device with the adapter's full limits. Errors that no error scope catches go to log.
func requestDevice(a *wgpu.Adapter, log errorLog) *wgpu.Device {
	handle := C.shim_request_device(adapterHandle(a), log.c)
	if handle == nil {
		return nil
	}
	return (*wgpu.Device)(unsafe.Pointer(&handle))
}

// hangTimeout is how long a wait may take before the device counts as hung. Submissions are sized to take a fraction of a second;
// the rest is for software adapters on a busy machine.
const hangTimeout = 2 * time.Minute

// wait starts an asynchronous call and polls the device until the callback has run. (Poll(true) would give up after 5 s and report
// success.)
func wait(dev *wgpu.Device, start func(flag *C.int)) error {
	flag := (*C.int)(C.calloc(1, C.size_t(unsafe.Sizeof(C.int(0)))))
	start(flag)
	began := time.Now()
	for nap := 10 * time.Microsecond; ; nap = min(nap*3/2, 200*time.Microsecond) {
		dev.Poll(false, nil)
		if *flag != 0 {
			break
		}
		if time.Since(began) > hangTimeout {
			return fmt.Errorf("%w: no answer within %v", ErrDeviceLost, hangTimeout) // flag leaks, because C may still write to it
		}
		time.Sleep(nap)
	}
	status := int(*flag) - 1
	C.free(unsafe.Pointer(flag))
	if status != 0 {
		return fmt.Errorf("wgsl: waiting for the device: status %d", status)
	}
	return nil
}

// mapRead maps bytes 0..size of a MapRead buffer.
func mapRead(dev *wgpu.Device, b *wgpu.Buffer, size int64) error {
	return wait(dev, func(flag *C.int) { C.shim_map_read(bufferHandle(b), C.size_t(size), flag) })
}

// waitIdle waits until all submitted work is done.
func waitIdle(dev *wgpu.Device, q *wgpu.Queue) error {
	return wait(dev, func(flag *C.int) { C.shim_work_done(queueHandle(q), flag) })
}

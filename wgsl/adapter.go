//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// nativeAPIs are the graphics APIs that WebGPU may use. OpenGL is not among them, because its compute shaders lack features that
// the kernels need.
const nativeAPIs = wgpu.InstanceBackend_Vulkan | wgpu.InstanceBackend_Metal | wgpu.InstanceBackend_DX12

// newInstance starts WebGPU, with its log turned off: all errors are returned.
func newInstance() *wgpu.Instance {
	wgpu.SetLogLevel(wgpu.LogLevel_Off)
	if runtime.GOOS == "linux" && os.Getenv("XDG_RUNTIME_DIR") == "" {
		// Mesa complains on stderr if this is not set, as it is outside a desktop session.
		_ = os.Setenv("XDG_RUNTIME_DIR", os.TempDir())
	}
	return wgpu.CreateInstance(&wgpu.InstanceDescriptor{Backends: nativeAPIs})
}

// Adapters lists the adapters of this machine, the best first. Having none is not an error.
func Adapters() ([]AdapterInfo, error) {
	instance := newInstance()
	defer instance.Release()
	var infos []AdapterInfo
	for _, a := range rankedAdapters(instance) {
		infos = append(infos, describe(a))
		a.Release()
	}
	return infos, nil
}

// rankedAdapters returns all adapters in order of preference.
func rankedAdapters(instance *wgpu.Instance) []*wgpu.Adapter {
	adapters := instance.EnumerateAdapters(&wgpu.InstanceEnumerateAdapterOptons{Backends: nativeAPIs})
	slices.SortStableFunc(adapters, func(a, b *wgpu.Adapter) int {
		return rank(describe(a).Kind) - rank(describe(b).Kind)
	})
	return adapters
}

func rank(k AdapterKind) int {
	return slices.Index([]AdapterKind{Discrete, Integrated, Unknown, Software}, k)
}

func describe(a *wgpu.Adapter) AdapterInfo {
	p := a.GetProperties()
	kind := Unknown
	switch p.AdapterType {
	case wgpu.AdapterType_DiscreteGPU:
		kind = Discrete
	case wgpu.AdapterType_IntegratedGPU:
		kind = Integrated
	case wgpu.AdapterType_CPU:
		kind = Software
	}
	api := strings.TrimPrefix(p.BackendType.String(), "BackendType_")
	return AdapterInfo{Name: p.Name, Backend: api, Driver: p.DriverDescription, Kind: kind}
}

// pickAdapter returns the best adapter that the options allow. The caller must release it.
func pickAdapter(instance *wgpu.Instance, opts Options) (*wgpu.Adapter, error) {
	var picked *wgpu.Adapter
	var seen []string
	for _, a := range rankedAdapters(instance) {
		info := describe(a)
		seen = append(seen, fmt.Sprintf("%s (%s, %s)", info.Name, info.Backend, info.Kind))
		named := strings.Contains(strings.ToLower(info.Name), strings.ToLower(opts.Adapter))
		if picked == nil && named && (info.Kind != Software || opts.AllowSoftware) {
			picked = a
			continue
		}
		a.Release()
	}
	switch {
	case picked != nil:
		return picked, nil
	case len(seen) == 0:
		return nil, fmt.Errorf("%w: install the GPU's Vulkan driver (on Linux also the loader, libvulkan1)", ErrNoAdapter)
	case opts.Adapter != "":
		return nil, fmt.Errorf("%w: no usable adapter is named %q; there are: %s", ErrNoAdapter, opts.Adapter, strings.Join(seen, ", "))
	}
	return nil, fmt.Errorf("%w: only software adapters, slower than this program's CPU path: %s", ErrNoAdapter, strings.Join(seen, ", "))
}

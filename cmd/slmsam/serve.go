package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/annotate/session"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/spf13/cobra"
)

// serveFlags are the flags of slmsam serve.
type serveFlags struct {
	deviceFlags
	modelFlags
	cacheFlags
	listen, token                   string
	nnInteractive, monaiLabel, snap int
	behindProxy, snapAsked          bool
	hosts, origins                  []string
	limits                          annotate.Limits
	idle, liveness                  time.Duration
	metrics                         web.Metrics
}

// tokenEnv is the environment variable with the token, which, unlike --token, does not show in the list of processes.
const tokenEnv = "SLMSAM_TOKEN"

func newServeCommand() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve [FOLDER]",
		Short: "Annotate in the browser, or from napari, 3D Slicer, OHIF or ITK-SNAP",
		Long: `serve opens an annotation page at --listen. It lists the volumes in FOLDER, saves what is drawn in
FOLDER/.slmsam, and saves the label maps of reviewed volumes in FOLDER/labelsTr. It also serves other annotation
programs: nnInteractive clients (napari, 3D Slicer), MONAI Label clients (3D Slicer,
OHIF) and ITK-SNAP, each on its own port. The model propagates an outline on one slice through the
volume. docs/serve.md shows the page; docs/clients.md says what to enter in each program.

Without a token, only programs on this machine are served.`,
		Example: `  slmsam serve
  slmsam serve volumes/ --checkpoint run/best.safetensors
  slmsam serve volumes/ --listen 0.0.0.0:8080 --token "$(openssl rand -hex 16)"`,
		Args: argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := ""
			if len(args) == 1 {
				dir = args[0]
			}
			f.snapAsked = cmd.Flags().Changed("itksnap-port")
			return f.run(cmd.Context(), newConsole(cmd), dir)
		},
	}
	groupFlags(cmd, f.clientGroup(), f.accessGroup(), f.limitGroup(), f.modelGroup())
	return cmd
}

// clientGroup declares the flags of the ports.
func (f *serveFlags) clientGroup() flagGroup {
	g := newFlagGroup("Clients")
	g.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the server; the clients' ports are opened on the same host")
	g.IntVar(&f.nnInteractive, "nninteractive-port", 1527, "port for nnInteractive clients (napari, 3D Slicer); 0 disables it")
	g.IntVar(&f.monaiLabel, "monailabel-port", 8000, "port for MONAI Label clients (3D Slicer, OHIF); 0 disables it")
	g.IntVar(&f.snap, "itksnap-port", 8911, "port for ITK-SNAP; 0 disables it. ITK-SNAP sends no token, so this port is open to this machine only, "+
		"unless --behind-proxy is given; with --token it stays closed unless you ask for it")
	return g
}

// accessGroup declares the flags that say who may connect.
func (f *serveFlags) accessGroup() flagGroup {
	g := newFlagGroup("Access")
	g.StringVar(&f.token, "token", "", "require this token from every client: the API key in nnInteractive, the password in MONAI Label "+
		"(also "+tokenEnv+", which other users of this machine cannot see)")
	g.BoolVar(&f.behindProxy, "behind-proxy", false, "a proxy in front authenticates users: listen beyond this machine without a token")
	g.StringSliceVar(&f.hosts, "allow-host", nil, "host name that clients may use, besides this machine's own, localhost and IP addresses; may be repeated")
	g.StringSliceVar(&f.origins, "allow-origin", nil, "origin of a web page that may send requests to the MONAI Label port, e.g. https://ohif.example; may be repeated "+
		"(pages served by this machine always may; * allows every page)")
	return g
}

// limitGroup declares the flags that bound memory and time.
func (f *serveFlags) limitGroup() flagGroup {
	g := newFlagGroup("Limits")
	g.IntVar(&f.limits.Sessions, "max-sessions", 8, "maximum number of volumes open at once")
	g.IntVar(&f.limits.Voxels, "max-voxels", 256<<20, "maximum number of voxels in one volume")
	g.IntVar(&f.limits.TotalVoxels, "max-total-voxels", 512<<20, "maximum number of voxels in all open volumes; a voxel takes up to 16 bytes of memory")
	g.DurationVar(&f.idle, "idle-timeout", 0, "close a session after this long without activity (default: nnInteractive 10m, ITK-SNAP 30m, MONAI Label 1h)")
	g.DurationVar(&f.liveness, "liveness-timeout", time.Minute, "close an nnInteractive session after this long without a heartbeat from its client")
	return g
}

// modelGroup declares the flags of the model, the device and the cache.
func (f *serveFlags) modelGroup() flagGroup {
	g := newFlagGroup("Model")
	f.modelFlags.add(g.FlagSet, nano.Name)
	f.deviceFlags.add(g.FlagSet)
	f.cacheFlags.add(g.FlagSet, "1G,8G")
	return g
}

// run carries out the command: it serves until ctx ends.
func (f *serveFlags) run(ctx context.Context, c *console, dir string) error {
	if f.token == "" {
		f.token = os.Getenv(tokenEnv)
	}
	if err := f.check(); err != nil {
		return err
	}
	if dir != "" { // before the model is loaded
		if info, err := os.Stat(dir); err != nil {
			return fmt.Errorf("serve: %w", err)
		} else if !info.IsDir() {
			return fmt.Errorf("serve: %s is a file, not a folder", dir)
		}
	}
	dev, err := f.deviceFlags.open(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	model, _, err := openModel(dev, f.modelFlags, c)
	if err != nil {
		return err
	}
	endCache, err := f.cacheFlags.attach(model, false)
	if err != nil {
		return err
	}
	defer c.closeOrWarn(endCache)
	f.measureCache(model.Features)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	served := learn.NewServed(model)
	place, err := f.openWorkplace(c, dev, served, model, dir, ctx.Done())
	if err != nil {
		return err
	}
	defer c.closeOrWarn(place.end)
	servers, err := f.servers(ctx, c, session.New(place.project, f.limits), dir, place)
	if err != nil {
		return err
	}
	defer servers.close(c)
	if err := servers.listen(f.token != "" || f.behindProxy); err != nil {
		return err
	}
	for _, p := range servers.ports {
		c.log.Info(fmt.Sprintf("%s: http://%s", p.name, p.listener.Addr()))
	}
	servers.serve(ctx, stop)
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil // stopped by the user
}

// check rejects impossible flags.
func (f *serveFlags) check() error {
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return usagef("--listen %q: want HOST:PORT, such as 127.0.0.1:8080", f.listen)
	}
	if _, err := f.cacheFlags.budget(); err != nil {
		return err
	}
	for flag, port := range map[string]int{"nninteractive": f.nnInteractive, "monailabel": f.monaiLabel, "itksnap": f.snap} {
		if port < 0 || port > math.MaxUint16 {
			return usagef("--%s-port %d: want a port up to %d, or 0 to disable it", flag, port, math.MaxUint16)
		}
	}
	if f.limits.Sessions < 1 || f.limits.Voxels < 1 || f.limits.TotalVoxels < f.limits.Voxels {
		return usagef("--max-sessions, --max-voxels and --max-total-voxels: want at least 1, and a total no smaller than the limit for one volume")
	}
	if f.idle < 0 || f.liveness <= 0 {
		return usagef("--idle-timeout and --liveness-timeout: want a duration such as 10m")
	}
	return nil
}

// guard returns the access rules of one server, by its name and the host that it listens on.
func (f *serveFlags) guard(c *console, server, host string) web.Guard {
	hosts := append(slices.Clone(f.hosts), host)
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	return web.Guard{Token: f.token, Hosts: hosts, Tokenless: []string{"/healthz"}, Name: server, Metrics: &f.metrics, Log: c.log}
}

// port is one server: a protocol on an address.
type port struct {
	name, addr string
	handler    http.Handler
	listener   net.Listener
}

// servers are the servers of all protocols.
type servers struct {
	ports   []*port
	closers []func() error
}

// add adds a server on a port of host, unless number is 0.
func (s *servers) add(name, host string, number int, h http.Handler) {
	if number != 0 {
		s.ports = append(s.ports, &port{name: name, addr: net.JoinHostPort(host, strconv.Itoa(number)), handler: h})
	}
}

// listen opens all ports. Unless safe, ports that other machines can reach are an error. Ports that are already open when
// one fails are closed by close.
func (s *servers) listen(safe bool) (err error) {
	for _, p := range s.ports {
		if p.listener, err = web.Listen(p.addr, safe); err != nil {
			return err
		}
	}
	return nil
}

// serve answers requests until ctx ends. If one server fails, all are stopped, with its error as the cause.
func (s *servers) serve(ctx context.Context, stop context.CancelCauseFunc) {
	var running sync.WaitGroup
	for _, p := range s.ports {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := web.Serve(ctx, p.listener, p.handler); err != nil {
				stop(err)
			}
		}()
	}
	running.Wait()
}

// close closes the ports and releases what the servers hold.
func (s *servers) close(c *console) {
	for _, p := range s.ports {
		if p.listener != nil {
			_ = p.listener.Close() // usually closed already, unless another port could not be opened
		}
	}
	for _, f := range s.closers {
		c.closeOrWarn(f)
	}
}

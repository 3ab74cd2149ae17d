package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	sessions "github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/inmemory"
	"github.com/seed-6f79f512/slmsam/annotate/itksnap"
	"github.com/seed-6f79f512/slmsam/annotate/monailabel"
	"github.com/seed-6f79f512/slmsam/annotate/nninteractive"
	"github.com/seed-6f79f512/slmsam/annotate/tracking"
	"github.com/seed-6f79f512/slmsam/annotate/viewer"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/spf13/cobra"
)

// serveFlags are the flags of slmsam serve.
type serveFlags struct {
	deviceFlags
	modelFlags
	listen, token                   string
	nnInteractive, monaiLabel, snap int
	behindProxy                     bool
	hosts, origins                  []string
	sessions, voxels, totalVoxels   int
	idle, liveness                  time.Duration
}

func newServeCommand() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve [FOLDER]",
		Short: "Annotate in the browser, or from napari, 3D Slicer, OHIF or ITK-SNAP",
		Long: `serve opens a page to annotate on at --listen: it lists the volumes of FOLDER, and keeps what is drawn in
FOLDER/.slmsam and the label maps of reviewed volumes in FOLDER/labelsTr. It also answers the programs that people
annotate with: nnInteractive clients (napari, 3D Slicer), MONAI Label clients (3D Slicer, OHIF) and ITK-SNAP, each on a
port of its own. An outline on one slice is carried through the volume by the model.

Without a token only programs of this machine are answered.`,
		Example: `  slmsam serve
  slmsam serve volumes/ --checkpoint run/best.safetensors
  slmsam serve volumes/ --listen 0.0.0.0:8080 --token "$(openssl rand -hex 16)"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := ""
			if len(args) == 1 {
				dir = args[0]
			}
			return f.run(cmd.Context(), newConsole(cmd), dir)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the server; the clients' ports are opened on its host")
	flags.IntVar(&f.nnInteractive, "nninteractive-port", 1527, "port for nnInteractive clients (napari, 3D Slicer); 0: none")
	flags.IntVar(&f.monaiLabel, "monailabel-port", 8000, "port for MONAI Label clients (3D Slicer, OHIF); 0: none")
	flags.IntVar(&f.snap, "itksnap-port", 8911, "port for ITK-SNAP; 0: none. ITK-SNAP sends no token, so this port\nis on this machine only unless --behind-proxy")
	flags.StringVar(&f.token, "token", "", "demand this token from every client (nnInteractive: the API key; MONAI Label: the password)")
	flags.BoolVar(&f.behindProxy, "behind-proxy", false, "a proxy in front asks who it is: listen beyond this machine without a token")
	flags.StringSliceVar(&f.hosts, "allow-host", nil, "name by which clients call this machine, besides localhost and IP addresses")
	flags.StringSliceVar(&f.origins, "allow-origin", nil, "web page that may send requests to the MONAI Label port, as https://ohif.example\n(pages from this machine may anyway; * is every page)")
	flags.IntVar(&f.sessions, "max-sessions", 8, "volumes open at once")
	flags.IntVar(&f.voxels, "max-voxels", 256<<20, "voxels of one volume")
	flags.IntVar(&f.totalVoxels, "max-total-voxels", 512<<20, "voxels of all open volumes together; each takes 4 bytes and some for masks")
	flags.DurationVar(&f.idle, "idle-timeout", 0, "close a session in which nothing was done for so long\n(default: nnInteractive 10m, ITK-SNAP 30m, MONAI Label 1h)")
	flags.DurationVar(&f.liveness, "liveness-timeout", time.Minute, "close an nnInteractive session whose client fell silent for so long")
	f.modelFlags.add(flags, nano.Name)
	f.deviceFlags.add(flags)
	return cmd
}

// server is one port.
type server struct {
	name, addr string
	handler    http.Handler
	listener   net.Listener
}

// run is the whole command.
func (f *serveFlags) run(ctx context.Context, c *console, dir string) error {
	dev, err := f.deviceFlags.open(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	model, _, err := openModel(dev, f.modelFlags, c)
	if err != nil {
		return err
	}
	limits := sessions.Limits{Sessions: f.sessions, Voxels: f.voxels, TotalVoxels: f.totalVoxels}
	page, closePage, err := openViewer(c, model, limits, dir)
	if err != nil {
		return err
	}
	defer closePage()
	servers, closeAll, err := f.servers(ctx, c, inmemory.New(tracking.New(model), limits), dir, page)
	if err != nil {
		return err
	}
	defer closeAll()
	for i := range servers {
		s := &servers[i]
		if s.listener, err = web.Listen(s.addr, f.token != "" || f.behindProxy); err != nil {
			return err
		}
		defer s.listener.Close()
	}
	for _, s := range servers {
		c.log.Info(fmt.Sprintf("%s: http://%s", s.name, s.listener.Addr()))
	}
	return serveAll(ctx, servers)
}

// servers makes the servers that were asked for; closeAll frees what they hold on the disk.
func (f *serveFlags) servers(ctx context.Context, c *console, backend sessions.Backend, dir string, page http.Handler) (servers []server, closeAll func(), err error) {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return nil, nil, usagef("--listen %q: want HOST:PORT, as 127.0.0.1:8080", f.listen)
	}
	add := func(name, host string, port int, h http.Handler) {
		if port != 0 {
			servers = append(servers, server{name: name, addr: net.JoinHostPort(host, strconv.Itoa(port)), handler: h})
		}
	}
	hosts := append(slices.Clone(f.hosts), host)
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	guard := web.Guard{Token: f.token, Hosts: hosts, Log: c.log, Tokenless: []string{"/healthz"}}
	viewed := guard
	viewed.Tokenless = viewer.Tokenless()
	servers = append(servers, server{name: "annotate in the browser", addr: f.listen, handler: viewed.Wrap(page)})
	add("nnInteractive", host, f.nnInteractive, guard.Wrap(nninteractive.New(ctx, backend, nninteractive.Options{Idle: f.idle, Liveness: f.liveness, Log: c.log})))

	pages := guard // OHIF is a web page, and often one of another server
	pages.Origins, pages.Local, pages.Tokenless = f.origins, true, monailabel.Tokenless
	options := monailabel.Options{Guard: pages, Idle: f.idle, Log: c.log}
	if dir != "" {
		if options.Folder, err = folder.Open(dir, f.voxels); err != nil {
			return nil, nil, err
		}
	}
	monai, err := monailabel.New(ctx, backend, options)
	if err != nil {
		return nil, nil, err
	}
	add("MONAI Label", host, f.monaiLabel, pages.Wrap(monai))

	tokenless := guard
	tokenless.Token = ""
	if !f.behindProxy {
		host = "127.0.0.1"
	}
	add("ITK-SNAP", host, f.snap, tokenless.Wrap(itksnap.New(ctx, backend, itksnap.Options{Idle: f.idle, Log: c.log})))
	return servers, func() {
		if err := monai.Close(); err != nil {
			c.log.Warn("uploads could not be removed", "reason", err)
		}
		if options.Folder != nil {
			_ = options.Folder.Close() // nothing was written through it
		}
	}, nil
}

// serveAll answers until ctx ends or one of the servers fails.
func serveAll(ctx context.Context, servers []server) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	for _, s := range servers {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := web.Serve(ctx, s.listener, s.handler); err != nil {
				stop(err)
			}
		}()
	}
	running.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

package viewer

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// files are the page's; NiiVue lies there gzipped.
//
//go:embed static
var files embed.FS

// security keeps the page from loading or sending anything elsewhere, and other pages from showing it in a frame.
const security = "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' data: blob:; worker-src 'self' blob:; " +
	"style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Tokenless lists the paths that need no token: the page, which asks for it.
func Tokenless() []string {
	return append(slices.Collect(maps.Keys(pages())), "/", "/healthz")
}

// pages are the static files by path.
func pages() map[string]http.HandlerFunc {
	out := map[string]http.HandlerFunc{}
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		panic("viewer: " + err.Error())
	}
	for _, e := range entries {
		data, err := fs.ReadFile(files, path.Join("static", e.Name()))
		if err != nil {
			panic("viewer: " + err.Error())
		}
		name, packed := strings.CutSuffix(e.Name(), ".gz")
		where := "/static/" + name
		if name == "index.html" {
			where = "/{$}"
		}
		out[where] = page(name, data, packed)
	}
	return out
}

// page serves a file; a packed one is unpacked for browsers that ask for that.
func page(name string, data []byte, packed bool) http.HandlerFunc {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // as the system's own table may not know them
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".html":
		kind = "text/html; charset=utf-8"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Security-Policy", security)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		body := data
		if packed {
			w.Header().Add("Vary", "Accept-Encoding")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
			} else {
				body = unpack(name, data)
			}
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

func unpack(name string, data []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		panic(fmt.Sprintf("viewer: the embedded %s is damaged: %v", name, err))
	}
	return data
}

package viewer

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// files are the page's files; NiiVue is gzipped.
//
//go:embed static
var files embed.FS

// security is the Content-Security-Policy. It keeps the page from loading anything from elsewhere or sending anything
// there, and other pages from showing it in a frame.
const security = "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' data: blob:; worker-src 'self' blob:; " +
	"style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Tokenless lists the paths that need no token: the page itself, which asks the user for it.
func Tokenless() []string {
	return append(slices.Collect(maps.Keys(pages())), "/", "/healthz")
}

// pages returns the handlers of the static files, by path.
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

// contentTypes are the types of the static files. The system's own table may lack them or differ.
var contentTypes = map[string]string{".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".txt": "text/plain"}

// page returns a handler for a file. A packed file is unpacked for browsers that do not accept gzip.
func page(name string, data []byte, packed bool) http.HandlerFunc {
	kind := contentTypes[path.Ext(name)] + "; charset=utf-8"
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

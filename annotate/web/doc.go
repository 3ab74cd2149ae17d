// Package web is what all servers under annotate have in common: who may ask (guard.go), where they listen
// (listen.go), how much they read (body.go), how they answer (reply.go), and what is counted (metrics.go).
//
// Who may ask. A server on loopback without a token trusts every program of this machine, but no web page: a page
// that a browser has from elsewhere can send requests to loopback, so requests are refused that name a foreign
// Host (DNS rebinding) or come from a foreign Origin (cross-site posts), unless the user named it.
package web

// Package web holds what all servers under annotate have in common: who may send requests (guard.go), where servers listen
// (listen.go), how much they read (body.go, budget.go), how they reply (reply.go), and metrics (metrics.go).
//
// Who may send requests: a server on loopback without a token trusts every program on this machine, but no web page. A
// page that the browser loaded from elsewhere can send requests to loopback, so requests with a foreign Host (DNS
// rebinding) or from a foreign Origin (cross-site requests) are refused unless the user allowed them.
package web

// Package http holds our own HTTP/1.1 connections against servers that people run:
// net/http, nginx (Debian's), Node and uvicorn, each with TLS, too. The tests are
// built with the tag e2e, and run by make e2e-http. What they need is put into
// .e2e/; a server that cannot be had is skipped, and the reason said.
package http

// Package web opens the live page and the report of a run in a real browser:
// Debian's Chromium, headless, by the DevTools protocol. `make e2e-web` runs it.
// It is a module of its own, so that nobody who builds Paceline needs what drives
// a browser.
//
// The browser is PACELINE_CHROMIUM, else chromium, chromium-browser or
// google-chrome of the PATH; where none is, the tests are skipped and say so.
// With PACELINE_SHOTS=DIR pictures of the pages are left there.
package web

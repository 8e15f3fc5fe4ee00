// Package keyboard reads single keys from a terminal, and leaves it as it was.
//
// Its function Read has the keys that are pressed come one by one, unseen and
// without Enter, until stop is called, which gives the terminal back and joins
// what was started; it must be called once. Ctrl-C stays a signal. Whenever the
// process goes on after it was stopped, awake is called. Keys belong to who
// stands in the foreground: while that is another process, none come and the
// terminal is left alone. An error says that there are none to be had.
package keyboard

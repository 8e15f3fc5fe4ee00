// Package check says what an answer must be, reads its value, and asks again
// for one that is not.
package check

// Package price knows what tokens cost and guesses how many there will be.
//
// Prices come from a dated snapshot of models.dev ([AsOf]) or from the user
// ([Parse]). What is not known stays unknown: no function here takes a missing
// price or a missing usage for zero.
package price

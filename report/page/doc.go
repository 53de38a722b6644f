// Package page writes report.html: one file that opens in any browser, says in two sentences
// what was found, and shows each conflict with its owners side by side.
//
// The page is whole without scripts. The few lines that it has filter and sort. It loads
// nothing: its policy forbids everything but the one style and the one script, which it names
// by their hashes. Templates of html/template write it piece by piece, so that a page of any
// length needs little memory. The same audit gives the same bytes.
package page

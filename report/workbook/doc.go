// Package workbook writes an audit as an Excel workbook, and reads back what people have
// decided in it.
//
// [Write] makes the workbook: one file of this package a sheet, over what all sheets
// share (cells, styles, tables, and the archive around them). In the sheet Decide
// reviewers note their decisions. [Read] finds these again, wherever rows, columns and
// sheets were moved to, and [Decisions.Approved] gives the audit with the changes that
// were approved.
//
// The package opens no files: that is done by package report, which imports this one.
package workbook

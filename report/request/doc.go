// Package request writes the change request: the Markdown document (CommonMark, with the tables
// of GitHub) in which a change board reads in two minutes what is to be changed, at what risk,
// who notices, and which commands make, check and take back the changes. The evidence stays in
// the workbook.
//
// Nothing from the directory can become markup: text is escaped, and addresses and names of
// objects stand in code spans.
package request

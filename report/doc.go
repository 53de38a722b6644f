// Package report writes the outputs of a scan, one file of this package an
// output. All are made from the one value [conflicts.Audit], which they do not
// change; [Destination.Publish] writes those that belong together. [ReadJSON], [ReadFix]
// and [ReadWorkbook] read files back; of the last one comes an Audit with what people
// approved.
//
// Below it are package workbook, which writes and reads the workbook, package page, which
// writes report.html, package words, which has what the outputs say alike, and package
// outdir, which claims the directory for them. Imports run one way: report to workbook, page and outdir, all to words.
//
// What runs remember is kept by package statedir, what people decided to leave by package
// suppression, and package status shows both. Package report knows none of the three.
//
// No output holds the time of the run or anything of the machine it ran on: the
// same Audit gives the same bytes everywhere. Every output says whether the scan
// was complete. What programs read of other commands (check, verify, fix, apply) is
// made of their results in the same way; docs/output.md describes every field.
//
// Strings from the directory are not to be trusted. [JSON], [JSONL] and the
// values of [Fix] and [Rollback] are exact; everywhere else they pass
// [proxyaddr/report/words.Escape].
package report

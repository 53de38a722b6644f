// Package report writes the outputs of a scan, one file of this package an
// output. All are made from the one value [conflicts.Audit], which they do not
// change; [Publish] writes those that belong together. [OpenReview] reads the
// workbook back when people have decided in it, and gives an Audit with what they
// approved.
//
// No output holds the time of the run or anything of the machine it ran on: the
// same Audit gives the same bytes everywhere. Every output says whether the scan
// was complete.
//
// Strings from the directory are not to be trusted. [JSON], [JSONL] and the
// values of [Fix] and [Rollback] are exact; everywhere else they pass
// [proxyaddr/report/words.Escape].
package report

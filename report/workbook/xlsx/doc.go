// Package xlsx reads the cells of a workbook (Office Open XML, ECMA-376) that
// comes from a stranger.
//
// [NewReader] finds the sheets, and [Sheet.Rows] hands over their rows one by
// one, so that a workbook of any size takes little memory; only the strings that
// its cells share are held. A cell has the text that is stored, without the format
// of numbers and dates, and says whether a formula made it: the value that is
// stored with a formula need not be what people saw.
//
// Nothing that a workbook refers to is opened, and parts that are not asked for
// are not unpacked. What is unpacked is limited, in all its parts. Damage is an
// error, never the end of a sheet.
package xlsx

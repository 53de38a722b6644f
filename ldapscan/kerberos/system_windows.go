package kerberos

// systemProfile is empty: Windows has no krb5.conf, and \etc and \tmp of the current drive are
// directories that any user may create.
const systemProfile = ""

// systemCCache returns "": Windows keeps the tickets in its own memory.
func systemCCache() string { return "" }

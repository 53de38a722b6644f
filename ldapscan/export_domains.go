package ldapscan

import (
	"bytes"
	"slices"
	"strconv"

	"proxyaddr/conflicts"
)

// homeDomains are the domains in which users, groups and mailboxes have their primary address,
// as they are written, with the number of such objects. An export gives the class of most
// objects. Each record counts until all records of its object are known.
type homeDomains map[string]*int

// count counts the domains of an object n times.
func (h homeDomains) count(w *viewer, n int) {
	if w.deleted || len(w.view.ProxyAddresses) == 0 {
		return
	}
	recipient, _ := strconv.ParseInt(string(w.recipient), 10, 64)
	o := conflicts.Object{Class: string(w.class), Recipient: conflicts.Recipient(recipient), Mailbox: w.mailbox}
	o.TargetAddress = string(w.view.TargetAddress)
	home := o.AtHome()
	for _, a := range w.view.ProxyAddresses {
		typ, text, _ := bytes.Cut(a, []byte(":"))
		text = bytes.TrimSpace(text)
		at := bytes.LastIndexByte(text, '@')
		if string(bytes.TrimSpace(typ)) != "SMTP" || at < 0 || at == len(text)-1 {
			continue
		}
		if domain := text[at+1:]; home || w.view.Native(domain) {
			h.add(domain, n)
		}
	}
}

func (h homeDomains) add(domain []byte, n int) {
	times := h[string(domain)]
	if times == nil {
		times = new(int)
		h[string(domain)] = times
	}
	*times += n
}

// join adds those of another part of the file.
func (h homeDomains) join(other homeDomains) {
	for domain, n := range other {
		h.add([]byte(domain), *n)
	}
}

// list returns the domains under their keys, in order.
func (h homeDomains) list() []string {
	var list []string
	for domain, n := range h {
		if *n > 0 {
			list = append(list, conflicts.DomainKey(domain))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

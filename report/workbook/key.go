package workbook

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"

	"proxyaddr/conflicts"
)

// proposalKeys are the keys of proposals: of each its conflict and a digest of all that
// makes it (30 bits of SHA-256 in base 32), "C-ABCDEFGHIJ/K2M4P6". A key is the same in
// every scan that proposes the same, and is not that of another proposal of the scan.
type proposalKeys struct {
	proposals []conflicts.Proposal
	digests   [][6]byte
}

func newProposalKeys(proposals []conflicts.Proposal) proposalKeys {
	k := proposalKeys{proposals, make([][6]byte, len(proposals))}
	for i := range proposals {
		k.digest(i, 0)
	}
	for n := 1; ; n++ {
		again := k.taken()
		if len(again) == 0 {
			return k
		}
		for _, i := range again {
			k.digest(int(i), n)
		}
	}
}

// taken returns the proposals whose key an earlier one has. A map would take more memory than
// all else that a workbook needs.
func (k proposalKeys) taken() (list []int32) {
	order := make([]int32, len(k.proposals))
	for i := range order {
		order[i] = int32(i)
	}
	compare := func(i, j int32) int {
		return cmp.Or(cmp.Compare(k.proposals[i].Conflict.ID, k.proposals[j].Conflict.ID), bytes.Compare(k.digests[i][:], k.digests[j][:]))
	}
	slices.SortStableFunc(order, compare)
	for n := 1; n < len(order); n++ {
		if compare(order[n-1], order[n]) == 0 {
			list = append(list, order[n])
		}
	}
	return list
}

// digest sets the n-th of the digests that the i-th proposal can have.
func (k proposalKeys) digest(i, n int) {
	p := &k.proposals[i]
	var room [1024]byte // of most
	made := append(strconv.AppendQuote(room[:0], p.Conflict.ID), ' ')
	dn := "" // as it is written
	if p.Owner.GUID == (conflicts.GUID{}) {
		dn = p.Owner.DN
	} else {
		made = p.Owner.GUID.Append(made)
	}
	made = strconv.AppendQuote(made, dn)
	made = strconv.AppendQuote(append(made, ' '), p.New)
	made = strconv.AppendQuote(append(made, ' '), p.SwapTo)
	for _, c := range p.Owner.Claims {
		made = append(append(append(made, ' '), c.Attribute.String()...), ' ')
		made = strconv.AppendQuote(made, c.Value)
	}
	sum := sha256.Sum256(strconv.AppendInt(append(made, ' '), int64(n), 10))
	var text [56]byte
	base32.StdEncoding.Encode(text[:], sum[:])
	copy(k.digests[i][:], text[:])
}

// of returns the key of the i-th proposal.
func (k proposalKeys) of(i int) string {
	return k.proposals[i].Conflict.ID + "/" + string(k.digests[i][:])
}

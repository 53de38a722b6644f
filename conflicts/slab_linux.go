package conflicts

import (
	"syscall"
	"unsafe"
)

// hugeArea is two huge pages of most processors. Go's heap grows by arenas of 64 MiB,
// or 4 MiB on 32-bit processors, which begin at multiples of their size and are never
// given back (heapArenaBytes in runtime/malloc.go): what lies between two multiples of
// hugeArea is heap if a part of it is.
const hugeArea = 4 << 20

// preferHugePages asks for pages of 2 MiB instead of 4 KiB behind memory that was not
// used yet, and behind the heap around it, where the next slabs and what is allocated
// later mostly go. Where the kernel has some and gives them to those who ask, it comes
// with a fraction of the page faults, which are a quarter of what it costs to fill an
// index.
func preferHugePages[T any](unused []T) {
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(unused)))
	end := begin + uintptr(cap(unused))*unsafe.Sizeof(*new(T))
	begin &^= hugeArea - 1
	end = (end + hugeArea - 1) &^ (hugeArea - 1)
	// Nothing is different if it fails.
	syscall.Syscall(syscall.SYS_MADVISE, begin, end-begin, syscall.MADV_HUGEPAGE)
}

package index

import (
	"reflect"
	"sort"
)

// slabs have items, numbered from 0, that never move as their number grows. The items have no
// pointers, so the garbage collector does not scan them.
type slabs[T any] struct{ list []slab[T] }

type slab[T any] struct {
	first uint32 // number
	items []T
}

// The first slab has 16 KiB and each of the next four times as much, up to 4 MiB.
const (
	minSlab   = 16 << 10
	slabSteps = 4
)

func (s *slabs[T]) len() uint32 {
	if len(s.list) == 0 {
		return 0
	}
	last := s.last()
	return last.first + uint32(len(last.items))
}

func (s *slabs[T]) last() *slab[T] { return &s.list[len(s.list)-1] }

// next appends an item, which is zero.
func (s *slabs[T]) next() (number uint32, item *T) {
	if len(s.list) == 0 || len(s.last().items) == cap(s.last().items) {
		s.grow()
	}
	last := s.last()
	n := len(last.items)
	last.items = last.items[:n+1]
	return last.first + uint32(n), &last.items[n]
}

func (s *slabs[T]) grow() {
	bytes := minSlab << (2 * min(len(s.list), slabSteps))
	n := bytes / int(reflect.TypeFor[T]().Size())
	s.list = append(s.list, slab[T]{first: s.len(), items: make([]T, 0, n)})
}

func (s *slabs[T]) at(number uint32) *T {
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].first > number }) - 1
	return &s.list[i].items[number-s.list[i].first]
}

// join moves the items of other to the end of s, so the number of items in s is added to their
// numbers.
func (s *slabs[T]) join(other *slabs[T]) {
	shift := s.len()
	for _, o := range other.list {
		o.first += shift
		s.list = append(s.list, o)
	}
	*other = slabs[T]{}
}

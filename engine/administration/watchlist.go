package administration

import "lockwire/engine"

// watchedList is one list of the snapshot that was sent last, with a number for each item.
type watchedList[T any] struct {
	id      func(*T) engine.ID
	things  []T
	numbers []uint64
	last    uint64 // the highest number that was given
}

// replace takes the present list. It calls each with the number and the previously sent version of every item (nil for a new one), and gone for the
// items that are no longer there. It reports whether the order changed.
func (l *watchedList[T]) replace(things []T, each func(number uint64, before, now *T), gone func(number uint64, before *T)) (reordered bool) {
	if len(things) > 0 && len(things) == len(l.things) && &things[0] == &l.things[0] {
		return false // the very list that was sent last
	}
	if l.same(things) {
		for i := range things {
			each(l.numbers[i], &l.things[i], &things[i])
		}
		l.things = things
		return false
	}
	indexes := make(map[engine.ID]int, len(l.things))
	for i := range l.things {
		indexes[l.id(&l.things[i])] = i
	}
	numbers := make([]uint64, len(things))
	for i := range things {
		id := l.id(&things[i])
		index, known := indexes[id]
		if !known {
			l.last++
			numbers[i] = l.last
			each(numbers[i], nil, &things[i])
			continue
		}
		delete(indexes, id)
		numbers[i] = l.numbers[index]
		each(numbers[i], &l.things[index], &things[i])
	}
	for _, index := range indexes {
		gone(l.numbers[index], &l.things[index])
	}
	l.things, l.numbers = things, numbers
	return true
}

// same tells whether a list has the same things in the same order.
func (l *watchedList[T]) same(things []T) bool {
	if len(things) != len(l.things) {
		return false
	}
	for i := range things {
		if l.id(&things[i]) != l.id(&l.things[i]) {
			return false
		}
	}
	return true
}

// runs gives the numbers of the list's order as runs: the first of each, and how many follow one another.
func (l *watchedList[T]) runs() []uint64 {
	var runs []uint64
	for _, number := range l.numbers {
		if n := len(runs); n > 0 && runs[n-2]+runs[n-1] == number {
			runs[n-1]++
			continue
		}
		runs = append(runs, number, 1)
	}
	return runs
}

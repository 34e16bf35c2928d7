package policy

import (
	"iter"
	"math/bits"
)

// set is a set of rules by their position in Rules.all. Its length is fixed by the number of rules.
type set []uint64

func wordsFor(rules int) int { return (rules + 63) / 64 }

func newSet(rules int) set { return make(set, wordsFor(rules)) }

func (s set) add(rule uint32)      { s[rule/64] |= 1 << (rule % 64) }
func (s set) has(rule uint32) bool { return s[rule/64]&(1<<(rule%64)) != 0 }

func (s set) addAll(rules []uint32) {
	for _, rule := range rules {
		s.add(rule)
	}
}

// or adds what is in another set.
func (s set) or(other set) {
	for i, word := range other {
		s[i] |= word
	}
}

// meets tells whether both sets have a rule in common.
func (s set) meets(other set) bool {
	for i, word := range other {
		if s[i]&word != 0 {
			return true
		}
	}
	return false
}

// both gives the rules that are in both sets, in the order of their names.
func (s set) both(other set) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, word := range s {
			for word &= other[i]; word != 0; word &= word - 1 {
				if !yield(uint32(i*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// each gives the rules of the set, in the order of their names.
func (s set) each() iter.Seq[uint32] { return s.both(s) }

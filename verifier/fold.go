package main

import (
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

var instructionPath = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,5})?$`)

func isText(v value, max int) bool { return len(v.s) <= max && !strings.Contains(v.s, "\x00") }
func isTime(v value) bool          { return !v.ok || v.n >= 0 && v.n <= 253402300799 }

type claim struct {
	eventID, signature, channel, id string
	claimer                         [32]byte
	amount                          uint64
	slot                            int64
}

// What one listener last said of an event; claim is nil where it saw none that counts.
type sighting struct {
	source      string
	slot        int64
	isRetracted bool
	claim       *claim
}

type event struct {
	isFinal bool
	claim   *claim // of a final event that counts
	seen    []sighting
}

// The state of a partition: sections 4 to 7 of the specification. Nothing is forgotten.
type partition struct {
	*rules
	progress
	number  int
	events  map[string]*event
	waiting map[string]map[*event]bool // by source: seen, not settled
	open    map[int64]map[*event]bool  // by index of the epoch
	roots   []string
}

func newPartition(r *rules, number int) *partition {
	return &partition{r, progress{closed: -1, stream: math.Inf(-1), timed: -1}, number, map[string]*event{}, map[string]map[*event]bool{}, map[int64]map[*event]bool{}, nil}
}

func add[Key comparable](sets map[Key]map[*event]bool, key Key, e *event) {
	if sets[key] == nil {
		sets[key] = map[*event]bool{}
	}
	sets[key][e] = true
}

func (p *partition) event(v row) {
	id, slot, action, data := v.get("/eventId").s, v.get("/slot").n, v.get("/instruction/action").s, "/instruction/data/"
	check(strings.Contains(" claim finalize setPolicy other ", " "+action+" "), "action %s is of a newer release", action)
	signature, path, _ := strings.Cut(id, "/")
	isID := signature == v.get("/signature").s && isBase58(signature) && len(signature) <= 128 && instructionPath.MatchString(path)
	if action != "claim" || !isID || !isText(v.get("/source"), 512) || slot < 0 {
		return
	}
	s := sighting{v.get("/source").s, slot, v.get("/retracted").n != 0, nil}
	channel, claimer, amount, name, state := v.get("/channel"), v.get(data+"claimer"), v.get(data+"amount"), v.get(data+"id"), v.get("/protocolState")
	if channel.ok && claimer.ok && amount.ok && name.ok && (p.state == "" || state.s == p.state) {
		key, isKey := base58(claimer.s)
		isSound := isText(channel, 2048) && isText(name, 2048) && isText(state, 2048) && isTime(v.get("/tx/blockTime"))
		if !isKey || !isSound || p.base+uint64(slot/p.duration) > 1<<53-1 {
			return
		}
		units, _ := strconv.ParseUint(amount.s, 10, 64)
		s.claim = &claim{id, signature, channel.s, name.s, key, units, slot}
	}
	isFinal, isFailed, e := v.get("/commitment").s == "finalized", s.claim != nil && v.get("/succeeded").n == 0, p.events[id]
	if isFailed {
		s.claim = nil
	}
	if founds := !s.isRetracted && (s.claim != nil || isFinal && isFailed); founds {
		if e == nil {
			e = &event{}
			p.events[id] = e
		}
		if index := slot / p.duration; !p.isSealed(p.rules, index) {
			add(p.open, index, e)
		}
	}
	if e != nil && !e.isFinal {
		p.take(e, s, isFinal)
	}
}

func (p *partition) take(e *event, s sighting, isFinal bool) {
	at := 0
	for at < len(e.seen) && e.seen[at].source != s.source {
		at++
	}
	isKnown := at < len(e.seen)
	switch {
	case s.isRetracted:
		if isKnown && e.seen[at].slot == s.slot {
			e.seen[at].isRetracted = true
		}
	case isFinal:
		*e = event{true, s.claim, nil}
	case !isKnown:
		e.seen = append(e.seen, s)
	case e.seen[at].slot != s.slot || !e.seen[at].isRetracted && (e.seen[at].claim == nil) != (s.claim == nil):
		e.seen[at] = s
	}
	add(p.waiting, s.source, e)
}

func (p *partition) watermark(v row, offset int64) {
	source, from, slot, time := v.get("/source"), v.get("/fromSlot").n, v.get("/slot").n, v.get("/blockTime")
	areTexts := isText(source, 512) && isText(v.get("/method"), 512) && isText(v.get("/endpoint"), 512)
	if slot < from || from < 0 || v.get("/signatures").n < 0 || !isTime(time) || !areTexts {
		return
	}
	for e := range p.waiting[source.s] {
		for _, s := range e.seen {
			if s.source == source.s && !s.isRetracted && s.slot >= from && s.slot <= slot {
				*e = event{true, s.claim, nil}
			}
		}
		if e.isFinal {
			delete(p.waiting[source.s], e)
		}
	}
	p.observe(p.rules, from, slot, time.n)
	var sealed []int64
	for index := range p.open {
		if p.isSealed(p.rules, index) {
			sealed = append(sealed, index)
		}
	}
	sort.Slice(sealed, func(i, j int) bool { return sealed[i] < sealed[j] })
	for _, index := range sealed {
		if p.isProven(p.rules, index) {
			p.rootsOf(index, offset, slot, time.n)
		}
		delete(p.open, index)
	}
}

package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/mr-tron/base58"
	"golang.org/x/crypto/sha3"
)

type (
	span   struct{ from, to int64 }
	sample struct {
		slot int64
		time float64
	}
	// The base of the epochs from a slot on.
	base  struct{ number, from int64 }
	rules struct {
		Duration  int64  `json:"EPOCH_DURATION_SLOTS,string"`
		Threshold int64  `json:"FINALIZE_THRESHOLD_SECS,string"`
		Base      string `json:"EPOCH_BASE"`
		Recipe    string `json:"ROOT_RECIPE"`
		OddNode   string `json:"ROOT_ODD_NODE"`
		bases     []base
		state     string
	}
	// final is the record that settled the event; until then seen has what each source said last.
	event struct {
		final *record
		seen  map[text]*record
	}
	// The state of a partition. Nothing is forgotten.
	partition struct {
		rules
		events        map[string]*event
		waiting       map[text][]*event  // by source: seen, not settled
		open          map[int64][]*event // by index of the epoch
		covered       []span
		samples       []sample
		closed, timed int64
		stream        float64
		roots         []chan string // in their order, each made beside the rest
	}
)

const base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var instructionPath = regexp.MustCompile(`^([0-9]{1,5})(\.([0-9]{1,5}))?$`)

func printRoots(one entry, r rules, records <-chan *record) {
	p := &partition{rules: r, closed: -1, timed: -1, stream: math.Inf(-1),
		events: map[string]*event{}, waiting: map[text][]*event{}, open: map[int64][]*event{}}
	for record := range records {
		if record.kind == "StreamEvent" {
			p.event(record)
		} else if record.kind == "SlotWatermark" {
			p.watermark(record, one.Partition)
		}
	}
	for _, root := range p.roots {
		fmt.Println(<-root)
	}
}

func isText(t *text, most int) bool {
	return t == nil || len(*t) <= most && !strings.Contains(string(*t), "\x00")
}
func isTime(seconds *int64) bool { return seconds == nil || *seconds >= 0 && *seconds <= 253402300799 }

func (p *partition) event(r *record) {
	isKnown := slices.Contains([]string{"claim", "finalize", "setPolicy", "other"}, r.Instruction.Action)
	check(isKnown, "action %s is of a newer release", r.Instruction.Action)
	signature, rest, _ := strings.Cut(r.EventId, "/")
	path, data, isFinal := instructionPath.FindStringSubmatch(rest), r.Instruction.Data, r.Commitment == "finalized"
	isSigned := signature == r.Signature && signature != "" && len(signature) <= 128 && strings.Trim(signature, base58Digits) == ""
	isNamed := isSigned && path != nil && isText(&r.Source, 512) && r.Slot >= 0
	isComplete := r.Channel != nil && data.Claimer != nil && data.Amount != nil && data.Id != nil &&
		(p.state == "" || r.ProtocolState != nil && string(*r.ProtocolState) == p.state)
	if r.Instruction.Action != "claim" || !isNamed || isComplete && !p.isSound(r, path) {
		return
	}
	r.isClaim = isComplete && r.Succeeded
	e, founds := p.events[r.EventId], !r.Retracted && (r.isClaim || isComplete && isFinal)
	if founds && e == nil {
		e = &event{seen: map[text]*record{}}
		p.events[r.EventId] = e
	}
	if index := p.indexOf(r.Slot); founds && !p.isSealed(index) {
		p.open[index] = append(p.open[index], e)
	}
	if e == nil || e.final != nil {
		return
	}
	said := e.seen[r.Source]
	switch isOfSlot := said != nil && said.Slot == r.Slot; {
	case r.Retracted && isOfSlot:
		said.Retracted = true
	case r.Retracted:
	case isFinal:
		e.final, e.seen = r, nil
	case said == nil:
		p.waiting[r.Source] = append(p.waiting[r.Source], e)
		e.seen[r.Source] = r
	case !isOfSlot || !said.Retracted && said.isClaim != r.isClaim:
		e.seen[r.Source] = r
	}
}

// isSound judges a complete record, and reads what its leaf needs.
func (p *partition) isSound(r *record, path []string) bool {
	outer, _ := strconv.Atoi(path[1])
	inner, _ := strconv.Atoi(path[3])
	r.place = [3]int{outer, min(len(path[2]), 1), inner}
	r.claimer, _ = base58.Decode(*r.Instruction.Data.Claimer)
	areTexts := isText(r.Channel, 2048) && isText(r.Instruction.Data.Id, 2048) && isText(r.ProtocolState, 2048)
	isNumbered := p.epoch(p.indexOf(r.Slot)) <= 1<<53-1
	return len(r.claimer) == 32 && areTexts && isTime(r.Tx.BlockTime) && isNumbered
}

func (p *partition) watermark(w *record, number int) {
	areTexts := isText(&w.Source, 512) && isText(&w.Method, 512) && isText(&w.Endpoint, 512)
	if w.Slot < w.FromSlot || w.FromSlot < 0 || w.Signatures < 0 || !isTime(&w.BlockTime) || !areTexts {
		return
	}
	p.waiting[w.Source] = slices.DeleteFunc(p.waiting[w.Source], func(e *event) bool {
		said := e.seen[w.Source]
		if said != nil && !said.Retracted && said.Slot >= w.FromSlot && said.Slot <= w.Slot {
			e.final, e.seen = said, nil
		}
		return e.final != nil
	})
	p.observe(w)
	for _, index := range slices.Sorted(maps.Keys(p.open)) {
		if p.isProven(index) {
			p.emit(index, w, number)
		}
		if p.isSealed(index) {
			delete(p.open, index)
		}
	}
}

func (p *partition) indexOf(slot int64) int64   { return slot / p.Duration }
func (p *partition) lastSlot(index int64) int64 { return (index+1)*p.Duration - 1 }
func (p *partition) isSealed(index int64) bool  { return index <= p.closed || p.isProven(index) }
func (p *partition) isProven(index int64) bool {
	return index <= p.timed && p.covers(span{index * p.Duration, p.lastSlot(index)})
}
func (p *partition) covers(all span) bool {
	return slices.ContainsFunc(p.covered, func(s span) bool { return s.from <= all.from && all.to <= s.to })
}

// observe does sections 5 and 6.
func (p *partition) observe(w *record) {
	if added := (span{w.FromSlot, w.Slot}); !p.covers(added) {
		p.cover(added)
	}
	p.stream = math.Max(p.stream, float64(w.BlockTime))
	last := len(p.samples) - 1
	if last < 0 || w.Slot > p.samples[last].slot {
		isInside := func(i int) bool { return p.indexOf(p.samples[i].slot) == p.indexOf(w.Slot) }
		if last > 0 && isInside(last) && isInside(last-1) {
			p.samples = p.samples[:last]
		}
		p.samples = append(p.samples, sample{w.Slot, p.stream})
	}
	if len(p.samples) > 64 {
		p.samples = slices.Delete(p.samples, 1, 2)
	}
	ended := max(0, p.indexOf(p.samples[len(p.samples)-1].slot)-1-p.timed)
	p.timed += int64(sort.Search(int(ended), func(i int) bool {
		return p.timeOf(p.lastSlot(p.timed+int64(i)+1)) > p.stream-float64(p.Threshold)
	}))
	for len(p.samples) > 1 && p.samples[1].slot <= p.lastSlot(p.timed+1) {
		p.samples = p.samples[1:]
	}
}

func (p *partition) cover(added span) {
	p.covered = slices.DeleteFunc(p.covered, func(s span) bool {
		isApart := s.to < added.from-1 || s.from > added.to+1
		if !isApart {
			added = span{min(added.from, s.from), max(added.to, s.to)}
		}
		return !isApart
	})
	p.covered = append(p.covered, added)
	slices.SortFunc(p.covered, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	if surplus := len(p.covered) - 64; surplus > 0 {
		p.closed = max(p.closed, p.indexOf(p.covered[surplus-1].to))
		p.covered = p.covered[surplus:]
	}
}

func (p *partition) timeOf(slot int64) float64 {
	above := sort.Search(len(p.samples), func(i int) bool { return p.samples[i].slot > slot })
	i := min(above, len(p.samples)-1)
	b := p.samples[i]
	if i == 0 {
		return b.time - float64(0.2*float64(b.slot-slot))
	}
	a := p.samples[i-1]
	return math.Min(b.time, a.time+float64((b.time-a.time)*float64(slot-a.slot))/float64(b.slot-a.slot))
}

// epoch gives the number that an index goes by.
func (r rules) epoch(index int64) (number int64) {
	for _, b := range r.bases {
		if b.from <= index*r.Duration {
			number = b.number + index
		}
	}
	return number
}

// emit makes the roots of a proven epoch (section 8).
func (p *partition) emit(index int64, w *record, number int) {
	byChannel := map[text][]*record{}
	for _, e := range p.open[index] {
		if c := e.final; c != nil && c.isClaim && p.indexOf(c.Slot) == index {
			byChannel[*c.Channel] = append(byChannel[*c.Channel], c)
			c.isClaim = false // an event may be noted several times
		}
	}
	units := func(t text) []uint16 { return utf16.Encode([]rune(string(t))) }
	inUnits := func(a, b text) int { return slices.Compare(units(a), units(b)) }
	for _, channel := range slices.SortedFunc(maps.Keys(byChannel), inUnits) {
		root := make(chan string, 1)
		p.roots = append(p.roots, root)
		go func() {
			slices.SortFunc(byChannel[channel], order)
			leaves := p.leaves(string(channel), p.epoch(index), byChannel[channel])
			name, _ := json.Marshal(channel)
			root <- fmt.Sprintf(`{"channel":%s,"epoch":"%d","root":"%x","count":%d,"recipe":"%s","oddNode":"%s","startSlot":%d,`+
				`"endSlot":%d,"finalizedSlot":%d,"finalizedAt":%d,"sourcePartition":%d,"sourceOffset":%d}`,
				name, p.epoch(index), top(leaves, p.OddNode), len(leaves), p.Recipe, p.OddNode, index*p.Duration,
				p.lastSlot(index), w.Slot, w.BlockTime*1000, number, w.offset)
		}()
	}
}

func order(a, b *record) int {
	x, y := strings.TrimLeft(a.Signature, "1"), strings.TrimLeft(b.Signature, "1")
	inSlot := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), slices.Compare(a.place[:], b.place[:]))
	return cmp.Or(cmp.Compare(a.Slot, b.Slot), inSlot)
}

func (p *partition) leaves(channel string, epoch int64, claims []*record) (leaves [][]byte) {
	little, users, prefix := binary.LittleEndian, map[string]bool{}, []byte{}
	number := little.AppendUint64(nil, uint64(epoch))
	if p.Recipe == "claim-v1" {
		prefix = slices.Concat([]byte("leaf:"), keccak([]byte("channel:"+channel)), number)
	}
	for i, c := range claims {
		id, amount := string(*c.Instruction.Data.Id), uint64(*c.Instruction.Data.Amount)
		if p.Recipe != "participation" {
			numbers := little.AppendUint64(little.AppendUint32(nil, uint32(i)), amount)
			leaves = append(leaves, keccak(prefix, c.claimer, numbers, []byte(id)))
			continue
		}
		user := id[strings.LastIndexByte(id, ':')+1:]
		check(!strings.ContainsAny(user, "\u0130\u03a3"), "the lower case of %q is not written here", user)
		if user = strings.ToLower(user); !users[user] {
			leaves = append(leaves, keccak(keccak([]byte(user)), []byte(channel), number))
		}
		users[user] = true
	}
	return leaves
}

func top(level [][]byte, oddNode string) []byte {
	for len(level) > 1 {
		var next [][]byte
		for pair := range slices.Chunk(level, 2) {
			if slices.SortFunc(pair, bytes.Compare); len(pair) == 2 || oddNode == "duplicate" {
				next = append(next, keccak(pair[0], pair[len(pair)-1]))
			} else {
				next = append(next, pair[0])
			}
		}
		level = next
	}
	return level[0]
}

func keccak(parts ...[]byte) []byte {
	hash := sha3.NewLegacyKeccak256()
	hash.Write(slices.Concat(parts...))
	return hash.Sum(nil)
}

// Command verifier makes the roots of an archive again, by docs/spec.md and nothing of the platform.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hamba/avro/v2"
	"github.com/hamba/avro/v2/ocf"
	"github.com/mr-tron/base58"
	"golang.org/x/crypto/sha3"
)

type (
	u64   uint64   // decimal text
	entry struct { // of the manifest
		ID, Partition, FirstOffset int
		File, Sha256, Topic        string
		Partitions                 []entry
	}
	manifest struct {
		Rules               map[string]string
		ProtocolState       string
		Schemas, Topics     []entry
		duration, threshold int64
		bases               []span // of the epochs: number, and the slot from which on it counts
	}
	// A StreamEvent or SlotWatermark, as kind says; empty for what is put aside.
	record struct {
		Offset                                int64  `avro:"offset"`
		Value                                 []byte `avro:"value"`
		Slot, FromSlot, BlockTime, Signatures int64
		EventId, Signature, Commitment        string
		Source, Method, Endpoint              string
		Channel, ProtocolState                *string
		Succeeded, Retracted                  bool
		Tx                                    struct {
			BlockTime, ComputeUnits *int64
			FeeLamports             u64
		}
		Instruction struct {
			Action string
			Data   struct {
				Claimer, Id   *string
				Epoch, Amount *u64
				Index         *int64
			}
		}
		kind    string
		isClaim bool   // complete and succeeded
		claimer []byte // of a claim
		place   [3]int // of its instruction: outer index, whether it is an inner one, inner index
	}
	span   struct{ from, to int64 }
	sample struct{ slot, time float64 }
	// The state of a partition. Nothing is forgotten but what a settled event was before.
	partition struct {
		manifest
		final         map[string]*record    // by event: what settled it; nil until then
		said          map[[2]string]*record // by event and source: the newest, until it is settled
		open          map[int64][]string    // by index of the epoch
		covered       []span
		samples       []sample
		closed, timed int64
		stream        float64
		roots         []chan string // in their order, each made beside the rest
	}
)

const base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var instructionPath = regexp.MustCompile(`^([0-9]{1,5})(\.([0-9]{1,5}))?$`)
var fieldName = regexp.MustCompile(`"name": *"[a-z]`) // Go's begin with a capital, so those of schemas are given one

func check(ok bool, format string, args ...any) {
	if !ok {
		fmt.Fprintf(os.Stderr, "verifier: "+format+"\n", args...)
		os.Exit(1)
	}
}

func read(file, digest string) []byte {
	data, err := os.ReadFile(filepath.Join(os.Args[1], file))
	check(err == nil && len(data) > 16 && (digest == "" || fmt.Sprintf("%x", sha256.Sum256(data)) == digest), "%s is no file of the manifest", file)
	return data
}

func main() {
	debug.SetGCPercent(400)
	check(len(os.Args) == 2, "usage: verifier ARCHIVE")
	var m manifest
	err := json.Unmarshal(read("manifest.json", ""), &m)
	fmt.Sscan(m.Rules["EPOCH_DURATION_SLOTS"]+" "+m.Rules["FINALIZE_THRESHOLD_SECS"], &m.duration, &m.threshold)
	check(err == nil && m.duration > 0, "manifest.json cannot be read: %v", err)
	for i, part := range strings.Split(m.Rules["EPOCH_BASE"], ",") {
		var number, from int64
		known, _ := fmt.Sscanf(part, "%d@%d", &number, &from)
		check(known == min(i+1, 2), "EPOCH_BASE %q is none", part)
		m.bases = append(m.bases, span{number, from})
	}
	writers := map[int]avro.NamedSchema{}
	for _, s := range m.Schemas {
		text := fieldName.ReplaceAllStringFunc(string(read(s.File, s.Sha256)), strings.ToUpper)
		// Each in a cache of its own: versions of a record have one name.
		schema, err := avro.ParseWithCache(strings.ReplaceAll(text, `"NAME"`, `"name"`), "", &avro.SchemaCache{})
		check(err == nil, "%s is no schema: %v", s.File, err)
		switch record := schema.(avro.NamedSchema); record.FullName() {
		case "attentionoracle.StreamEvent", "attentionoracle.SlotWatermark":
			writers[s.ID] = record
		}
	}
	for _, topic := range m.Topics {
		for _, one := range topic.Partitions {
			if topic.Topic == "ao.stream-events.v1" {
				check(one.FirstOffset == 0, "the beginning of partition %d is gone", one.Partition)
				p := &partition{manifest: m, closed: -1, timed: -1, stream: math.Inf(-1),
					final: map[string]*record{}, said: map[[2]string]*record{}, open: map[int64][]string{}}
				for block := range decode(one, writers) {
					for _, record := range <-block {
						p.event(record)
						p.watermark(record, one.Partition)
					}
				}
				for _, root := range p.roots {
					fmt.Println(<-root)
				}
			}
		}
	}
}

func (n *u64) UnmarshalText(digits []byte) (err error) {
	*(*uint64)(n), err = strconv.ParseUint(string(digits[:min(len(digits), 21)]), 10, 64)
	return err
}

// decode gives the records of a container file (section 9) by its blocks, in order, ahead of who takes them in.
func decode(one entry, writers map[int]avro.NamedSchema) <-chan chan []*record {
	data, blocks := read(one.File, one.Sha256), make(chan chan []*record, 4)
	parts := bytes.SplitAfter(data, data[len(data)-16:]) // one marker ends the header and each block
	go func() {
		for i := range parts { // the header alone, too: that of a cut file has blocks in it
			block, reader, records := make(chan []*record, 1), avro.NewReader(nil, 0), []*record{}
			blocks <- block
			go func() {
				decoder, err := ocf.NewDecoder(bytes.NewReader(slices.Concat(parts[0], bytes.Join(parts[max(1, i):i+1], nil))))
				for err == nil && decoder.HasNext() {
					r := &record{}
					err = decoder.Decode(r)
					if v := r.Value; len(v) >= 5 && v[0] == 0 && writers[int(binary.BigEndian.Uint32(v[1:]))] != nil {
						r.read(reader.Reset(v[5:]), writers[int(binary.BigEndian.Uint32(v[1:]))])
					}
					r.Value, records = nil, append(records, r)
				}
				check(err == nil && decoder.Error() == nil, "%s is damaged: %v", one.File, err)
				block <- records
			}()
		}
		close(blocks)
	}()
	return blocks
}

func (r *record) read(reader *avro.Reader, writer avro.NamedSchema) {
	reader.Error = nil
	reader.ReadVal(writer, r)
	isRead, data := reader.Error == nil, r.Instruction.Data
	for _, n := range []*int64{&r.Slot, &r.FromSlot, &r.BlockTime, &r.Signatures, r.Tx.BlockTime, r.Tx.ComputeUnits, data.Index} {
		isRead = isRead && (n == nil || *n < 1<<53-1 && *n > 1-1<<53)
	}
	for _, text := range []*string{&r.Source, &r.Method, &r.Endpoint, r.Channel, r.ProtocolState, data.Id} {
		if text != nil && !utf8.ValidString(*text) {
			*text = string([]rune(*text)) // what is no UTF-8 reads as U+FFFD
		}
	}
	if reader.Peek(); isRead && reader.Error == io.EOF {
		r.kind = writer.Name()
	}
}

func areTexts(most int, texts ...*string) bool {
	return !slices.ContainsFunc(texts, func(t *string) bool { return t != nil && (len(*t) > most || strings.Contains(*t, "\x00")) })
}
func isTime(seconds *int64) bool { return seconds == nil || *seconds >= 0 && *seconds <= 253402300799 }

func (p *partition) event(r *record) {
	data, action, isFinal := r.Instruction.Data, r.Instruction.Action, r.Commitment == "finalized"
	isKnown := r.kind == "" || slices.Contains([]string{"claim", "finalize", "setPolicy", "other", ""}, action)
	check(isKnown, "action %s is of a newer release", action)
	signature, rest, _ := strings.Cut(r.EventId, "/")
	path := instructionPath.FindStringSubmatch(rest)
	isSigned := signature == r.Signature && signature != "" && len(signature) <= 128 && strings.Trim(signature, base58Digits) == ""
	isComplete := r.Channel != nil && data.Claimer != nil && data.Amount != nil && data.Id != nil &&
		(p.ProtocolState == "" || r.ProtocolState != nil && *r.ProtocolState == p.ProtocolState)
	isNamed := r.kind == "StreamEvent" && isSigned && path != nil && areTexts(512, &r.Source) && r.Slot >= 0
	if action != "claim" || !isNamed || isComplete && !p.isSound(r, path) {
		return
	}
	r.isClaim = isComplete && r.Succeeded
	final, isHeard := p.final[r.EventId]
	founds := !r.Retracted && (r.isClaim || isComplete && isFinal)
	if founds && !isHeard {
		p.final[r.EventId] = nil
	}
	if index := p.indexOf(r.Slot); founds && !p.isSealed(index) {
		p.open[index] = append(p.open[index], r.EventId)
	}
	said := p.said[[2]string{r.EventId, r.Source}]
	switch isOfSlot := said != nil && said.Slot == r.Slot; {
	case final != nil || !isHeard && !founds:
	case r.Retracted && isOfSlot:
		said.Retracted = true
	case isFinal && !r.Retracted:
		p.final[r.EventId] = r
	case !r.Retracted && (!isOfSlot || !said.Retracted && said.isClaim != r.isClaim):
		p.said[[2]string{r.EventId, r.Source}] = r
	}
}

// isSound judges a complete record, and reads what its leaf needs.
func (p *partition) isSound(r *record, path []string) bool {
	outer, _ := strconv.Atoi(path[1])
	inner, _ := strconv.Atoi(path[3])
	r.place = [3]int{outer, min(len(path[2]), 1), inner}
	r.claimer, _ = base58.Decode(*r.Instruction.Data.Claimer)
	areFit := areTexts(2048, r.Channel, r.Instruction.Data.Id, r.ProtocolState) && isTime(r.Tx.BlockTime)
	return areFit && len(r.claimer) == 32 && p.epoch(p.indexOf(r.Slot)) <= 1<<53-1
}

func (p *partition) watermark(w *record, number int) {
	isRange := w.kind == "SlotWatermark" && w.FromSlot >= 0 && w.FromSlot <= w.Slot
	if !isRange || w.Signatures < 0 || !isTime(&w.BlockTime) || !areTexts(512, &w.Source, &w.Method, &w.Endpoint) {
		return
	}
	maps.DeleteFunc(p.said, func(key [2]string, said *record) bool {
		isInside := said.Slot >= w.FromSlot && said.Slot <= w.Slot
		if p.final[said.EventId] == nil && said.Source == w.Source && isInside && !said.Retracted {
			p.final[said.EventId] = said
		}
		return p.final[said.EventId] != nil
	})
	p.observe(w)
	for _, index := range slices.Sorted(maps.Keys(p.open)) {
		if p.isSealed(index) {
			p.emit(index, w, number)
			delete(p.open, index)
		}
	}
}

func (p *partition) indexOf(slot int64) int64   { return slot / p.duration }
func (p *partition) lastSlot(index int64) int64 { return (index+1)*p.duration - 1 }
func (p *partition) isSealed(index int64) bool  { return index <= p.closed || p.isProven(index) }
func (p *partition) isProven(index int64) bool {
	isOver := func(s span) bool { return s.from <= index*p.duration && p.lastSlot(index) <= s.to }
	return index <= p.timed && slices.ContainsFunc(p.covered, isOver)
}

// observe does sections 5 and 6.
func (p *partition) observe(w *record) {
	added := span{w.FromSlot, w.Slot}
	p.covered = slices.DeleteFunc(p.covered, func(s span) bool {
		if s.to < added.from-1 || s.from > added.to+1 {
			return false
		}
		added = span{min(added.from, s.from), max(added.to, s.to)}
		return true
	})
	p.covered = append(p.covered, added)
	slices.SortFunc(p.covered, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	if surplus := len(p.covered) - 64; surplus > 0 {
		p.closed = max(p.closed, p.indexOf(p.covered[surplus-1].to))
		p.covered = p.covered[surplus:]
	}
	p.stream = math.Max(p.stream, float64(w.BlockTime))
	last := len(p.samples) - 1
	if last < 0 || float64(w.Slot) > p.samples[last].slot {
		isInside := func(i int) bool { return p.indexOf(int64(p.samples[i].slot)) == p.indexOf(w.Slot) }
		if last > 0 && isInside(last) && isInside(last-1) {
			p.samples = p.samples[:last]
		}
		p.samples = append(p.samples, sample{float64(w.Slot), p.stream})
	}
	if len(p.samples) > 64 {
		p.samples = slices.Delete(p.samples, 1, 2)
	}
	ended := max(0, p.indexOf(int64(p.samples[len(p.samples)-1].slot))-1-p.timed)
	p.timed += int64(sort.Search(int(ended), func(i int) bool {
		return p.timeOf(float64(p.lastSlot(p.timed+int64(i)+1))) > p.stream-float64(p.threshold)
	}))
	for len(p.samples) > 1 && p.samples[1].slot <= float64(p.lastSlot(p.timed+1)) {
		p.samples = p.samples[1:]
	}
}

func (p *partition) timeOf(slot float64) float64 {
	i := min(sort.Search(len(p.samples), func(i int) bool { return p.samples[i].slot > slot }), len(p.samples)-1)
	a, b := p.samples[max(0, i-1)], p.samples[i]
	if i == 0 {
		return b.time - float64(0.2*(b.slot-slot))
	}
	return math.Min(b.time, a.time+float64((b.time-a.time)*(slot-a.slot))/(b.slot-a.slot))
}

func (p *partition) epoch(index int64) int64 {
	later := sort.Search(len(p.bases), func(i int) bool { return p.bases[i].to > index*p.duration })
	return p.bases[later-1].from + index
}

// emit makes the roots of a sealed epoch, if it is proven (section 8).
func (p *partition) emit(index int64, w *record, number int) {
	byChannel, recipe, oddNode := map[string][]*record{}, p.Rules["ROOT_RECIPE"], p.Rules["ROOT_ODD_NODE"]
	for _, event := range p.open[index] {
		if c := p.final[event]; p.isProven(index) && c != nil && c.isClaim && p.indexOf(c.Slot) == index {
			byChannel[*c.Channel] = append(byChannel[*c.Channel], c)
			c.isClaim = false // an event may be noted several times
		}
	}
	units := func(t string) []uint16 { return utf16.Encode([]rune(t)) }
	inUnits := func(a, b string) int { return slices.Compare(units(a), units(b)) }
	for _, channel := range slices.SortedFunc(maps.Keys(byChannel), inUnits) {
		root := make(chan string, 1)
		p.roots = append(p.roots, root)
		go func() {
			slices.SortFunc(byChannel[channel], order)
			leaves := leavesOf(byChannel[channel], recipe, channel, p.epoch(index))
			name, _ := json.Marshal(channel)
			root <- fmt.Sprintf(`{"channel":%s,"epoch":"%d","root":"%x","count":%d,"recipe":"%s","oddNode":"%s","startSlot":%d,`+
				`"endSlot":%d,"finalizedSlot":%d,"finalizedAt":%d,"sourcePartition":%d,"sourceOffset":%d}`,
				name, p.epoch(index), top(leaves, oddNode), len(leaves), recipe, oddNode, index*p.duration,
				p.lastSlot(index), w.Slot, w.BlockTime*1000, number, w.Offset)
		}()
	}
}

func order(a, b *record) int {
	x, y := strings.TrimLeft(a.Signature, "1"), strings.TrimLeft(b.Signature, "1")
	bySignature := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	return cmp.Or(cmp.Compare(a.Slot, b.Slot), bySignature, slices.Compare(a.place[:], b.place[:]))
}

func leavesOf(claims []*record, recipe, channel string, epoch int64) (leaves [][]byte) {
	little, users, prefix := binary.LittleEndian, map[string]bool{}, []byte{}
	number := little.AppendUint64(nil, uint64(epoch))
	if recipe == "claim-v1" {
		prefix = slices.Concat([]byte("leaf:"), keccak([]byte("channel:"+channel)), number)
	}
	for i, c := range claims {
		id, amount := *c.Instruction.Data.Id, uint64(*c.Instruction.Data.Amount)
		if recipe != "participation" {
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
				pair[0] = keccak(pair[0], pair[len(pair)-1])
			}
			next = append(next, pair[0])
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

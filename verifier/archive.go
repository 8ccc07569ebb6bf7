// Command verifier makes the roots of an archive again, by docs/spec.md and nothing of the platform.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/hamba/avro/v2"
	"github.com/hamba/avro/v2/ocf"
)

type (
	u64  uint64 // decimal text
	text string // what is no UTF-8 reads as U+FFFD

	entry struct {
		ID, Partition, FirstOffset int
		File, Sha256, Topic        string
		Partitions                 []entry
	}

	// A StreamEvent or SlotWatermark, as kind says; empty for what is put aside.
	record struct {
		Slot, FromSlot, BlockTime, Signatures int64
		EventId, Signature, Commitment        string
		Source, Method, Endpoint              text
		Channel, ProtocolState                *text
		Succeeded, Retracted                  bool
		Tx                                    struct {
			BlockTime, ComputeUnits *int64
			FeeLamports             u64
		}
		Instruction struct {
			Action string
			Data   struct {
				Claimer       *string
				Epoch, Amount *u64
				Index         *int64
				Id            *text
			}
		}
		kind    string
		offset  int64
		isClaim bool   // complete and succeeded
		claimer []byte // of a claim
		place   [3]int // of its instruction: outer index, whether it is an inner one, inner index
	}
)

// Go's fields begin with a capital, so those of the schemas are given one.
var fieldName = regexp.MustCompile(`"name": *"[a-z]`)

func check(ok bool, format string, args ...any) {
	if !ok {
		fmt.Fprintf(os.Stderr, "verifier: "+format+"\n", args...)
		os.Exit(1)
	}
}

func read(file, digest string) []byte {
	data, err := os.ReadFile(filepath.Join(os.Args[1], file))
	isRight := digest == "" || fmt.Sprintf("%x", sha256.Sum256(data)) == digest
	check(err == nil && isRight, "%s is not the file of the manifest", file)
	return data
}

func main() {
	debug.SetGCPercent(200)
	check(len(os.Args) == 2, "usage: verifier ARCHIVE")
	var m struct {
		Rules           rules
		ProtocolState   string
		Schemas, Topics []entry
	}
	err := json.Unmarshal(read("manifest.json", ""), &m)
	check(err == nil && m.Rules.Duration > 0, "manifest.json cannot be read: %v", err)
	m.Rules.state = m.ProtocolState
	for i, part := range strings.Split(m.Rules.Base, ",") {
		var b base
		known, _ := fmt.Sscanf(part, "%d@%d", &b.number, &b.from)
		check(known == min(i+1, 2), "EPOCH_BASE %q is none", m.Rules.Base)
		m.Rules.bases = append(m.Rules.bases, b)
	}
	writers := map[uint32]avro.NamedSchema{}
	for _, s := range m.Schemas {
		capital := func(name string) string { return name[:len(name)-1] + strings.ToUpper(name[len(name)-1:]) }
		text := fieldName.ReplaceAllStringFunc(string(read(s.File, s.Sha256)), capital)
		// Each in a cache of its own: versions of a record have one name.
		schema, err := avro.ParseWithCache(text, "", &avro.SchemaCache{})
		check(err == nil, "%s is no schema: %v", s.File, err)
		if record, ok := schema.(avro.NamedSchema); ok && strings.HasPrefix(record.FullName(), "attentionoracle.S") {
			writers[uint32(s.ID)] = record
		}
	}
	for _, topic := range m.Topics {
		for _, one := range topic.Partitions {
			if topic.Topic == "ao.stream-events.v1" {
				check(one.FirstOffset == 0, "the beginning of partition %d is gone", one.Partition)
				printRoots(one, m.Rules, decode(one, writers))
			}
		}
	}
}

func (n *u64) UnmarshalText(digits []byte) (err error) {
	*(*uint64)(n), err = strconv.ParseUint(string(digits[:min(len(digits), 21)]), 10, 64)
	return err
}

func (t *text) UnmarshalText(bytes []byte) error {
	*t = text([]rune(string(bytes)))
	return nil
}

// decode gives the records of a container file (section 9) in order, ahead of who takes them in.
func decode(one entry, writers map[uint32]avro.NamedSchema) <-chan *record {
	container, err := ocf.NewDecoder(bytes.NewReader(read(one.File, one.Sha256)))
	check(err == nil, "%s is no Avro container: %v", one.File, err)
	reader, records := avro.NewReader(nil, 0), make(chan *record, 4096)
	go func() {
		for container.HasNext() {
			var archived struct {
				Offset int64   `avro:"offset"`
				Value  *[]byte `avro:"value"`
			}
			err := container.Decode(&archived)
			check(err == nil, "%s is damaged: %v", one.File, err)
			r, value := &record{offset: archived.Offset}, archived.Value
			if value != nil && len(*value) >= 5 && (*value)[0] == 0 {
				r.read(reader.Reset((*value)[5:]), writers[binary.BigEndian.Uint32((*value)[1:])])
			}
			records <- r
		}
		check(container.Error() == nil, "%s is damaged: %v", one.File, container.Error())
		close(records)
	}()
	return records
}

func (r *record) read(reader *avro.Reader, writer avro.NamedSchema) {
	if writer == nil || writer.Name() != "StreamEvent" && writer.Name() != "SlotWatermark" {
		return
	}
	reader.Error = nil
	reader.ReadVal(writer, r)
	isRead := reader.Error == nil
	isBeyond := func(n *int64) bool { return n != nil && (*n >= 1<<53-1 || *n <= 1-1<<53) }
	ofEvent := []*int64{&r.Slot, r.Tx.BlockTime, r.Tx.ComputeUnits, r.Instruction.Data.Index}
	areExact := !slices.ContainsFunc(append(ofEvent, &r.FromSlot, &r.BlockTime, &r.Signatures), isBeyond)
	if reader.Peek(); isRead && areExact && reader.Error == io.EOF {
		r.kind = writer.Name()
	}
}

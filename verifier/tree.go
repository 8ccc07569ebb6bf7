package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"sort"
	"strconv"
	"strings"
)

func (p *partition) rootsOf(index, offset, slot, time int64) {
	byChannel, channels := map[string][]*claim{}, []string{}
	for e := range p.open[index] {
		if c := e.claim; c != nil && c.slot/p.duration == index {
			byChannel[c.channel] = append(byChannel[c.channel], c)
		}
	}
	for channel := range byChannel {
		channels = append(channels, channel)
	}
	sort.Strings(channels)
	for _, channel := range channels {
		claims, epoch := byChannel[channel], p.base+uint64(index)
		sort.Slice(claims, func(i, j int) bool { return before(claims[i], claims[j]) })
		leaves, name := leavesOf(p.recipe, channel, epoch, claims), &bytes.Buffer{}
		json.NewEncoder(name).Encode(channel)
		p.roots = append(p.roots, fmt.Sprintf(`{"channel":%s,"epoch":"%d","root":"%x","count":%d,"recipe":"%s","oddNode":"%s","startSlot":%d,"endSlot":%d,`+
			`"finalizedSlot":%d,"finalizedAt":%d,"sourcePartition":%d,"sourceOffset":%d}`, bytes.TrimSpace(name.Bytes()), epoch, top(leaves, p.oddNode),
			len(leaves), p.recipe, p.oddNode, index*p.duration, (index+1)*p.duration-1, slot, time*1000, p.number, offset))
	}
}

func before(a, b *claim) bool {
	x, y := strings.TrimLeft(a.signature, "1"), strings.TrimLeft(b.signature, "1")
	switch {
	case a.slot != b.slot:
		return a.slot < b.slot
	case len(x) != len(y):
		return len(x) < len(y)
	case x != y:
		return x < y
	}
	return path(a.eventID) < path(b.eventID)
}

// path orders the places of instructions: outer, then inner, a top-level one before those it calls.
func path(eventID string) int {
	outer, inner, isInner := strings.Cut(eventID[strings.LastIndexByte(eventID, '/')+1:], ".")
	o, _ := strconv.Atoi(outer)
	if i, _ := strconv.Atoi(inner); isInner {
		return o*200000 + i + 1
	}
	return o * 200000
}

func leavesOf(recipe, channel string, epoch uint64, claims []*claim) (leaves [][32]byte) {
	number, users, prefix := binary.LittleEndian.AppendUint64(nil, epoch), map[string]bool{}, []byte{}
	if recipe == "claim-v1" {
		key := keccak([]byte("channel:" + channel))
		prefix = bytes.Join([][]byte{[]byte("leaf:"), key[:], number}, nil)
	}
	for i, c := range claims {
		if recipe == "participation" {
			user := c.id[strings.LastIndexByte(c.id, ':')+1:]
			check(!strings.ContainsAny(user, "\u0130\u03a3"), "the lower case of %q is not written here", user)
			if user = strings.ToLower(user); !users[user] {
				name := keccak([]byte(user))
				leaves = append(leaves, keccak(bytes.Join([][]byte{name[:], []byte(channel), number}, nil)))
			}
			users[user] = true
			continue
		}
		leaf := append(append(make([]byte, 0, 160), prefix...), c.claimer[:]...)
		leaf = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(leaf, uint32(i)), c.amount)
		leaves = append(leaves, keccak(append(leaf, c.id...)))
	}
	return leaves
}

func top(level [][32]byte, oddNode string) [32]byte {
	for len(level) > 1 {
		var next [][32]byte
		for i := 0; i < len(level); i += 2 {
			a, b := level[i], level[min(i+1, len(level)-1)]
			if bytes.Compare(a[:], b[:]) > 0 {
				a, b = b, a
			}
			if i+1 < len(level) || oddNode == "duplicate" {
				a = keccak(append(a[:], b[:]...))
			}
			next = append(next, a)
		}
		level = next
	}
	return level[0]
}

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func isBase58(text string) bool { return text != "" && strings.Trim(text, alphabet) == "" }

// base58 gives the 32 bytes of an address.
func base58(text string) (out [32]byte, ok bool) {
	var words [8]uint32
	for _, c := range []byte(text) {
		carry := uint64(strings.IndexByte(alphabet, c))
		for i := 7; i >= 0 && carry < 1<<63; i-- {
			carry += uint64(words[i]) * 58
			words[i], carry = uint32(carry), carry>>32
		}
		if carry != 0 {
			return out, false
		}
	}
	for i, w := range words {
		binary.BigEndian.PutUint32(out[4*i:], w)
	}
	return out, len(text)-len(strings.TrimLeft(text, "1")) == 32-len(bytes.TrimLeft(out[:], "\x00"))
}

var rotations = [24]int{1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44}
var lanes = [24]int{10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1}

// keccak is Keccak-256 with the padding that came before SHA-3.
func keccak(message []byte) (out [32]byte) {
	const rate = 136
	var a [25]uint64
	padded := append(make([]byte, 0, 2*rate), message...)
	padded = append(padded, make([]byte, rate-len(message)%rate)...)
	padded[len(message)] ^= 0x01
	padded[len(padded)-1] ^= 0x80
	for ; len(padded) > 0; padded = padded[rate:] {
		for i := 0; i < rate/8; i++ {
			a[i] ^= binary.LittleEndian.Uint64(padded[8*i:])
		}
		permute(&a)
	}
	for i := range 4 {
		binary.LittleEndian.PutUint64(out[8*i:], a[i])
	}
	return out
}

func permute(a *[25]uint64) {
	lfsr := uint8(1)
	for range 24 {
		var c [5]uint64
		for y := 0; y < 25; y += 5 {
			c[0], c[1], c[2], c[3], c[4] = c[0]^a[y], c[1]^a[y+1], c[2]^a[y+2], c[3]^a[y+3], c[4]^a[y+4]
		}
		c0, c1, c2, c3, c4 := bits.RotateLeft64(c[1], 1)^c[4], bits.RotateLeft64(c[2], 1)^c[0], bits.RotateLeft64(c[3], 1)^c[1], bits.RotateLeft64(c[4], 1)^c[2], bits.RotateLeft64(c[0], 1)^c[3]
		for y := 0; y < 25; y += 5 {
			a[y], a[y+1], a[y+2], a[y+3], a[y+4] = a[y]^c0, a[y+1]^c1, a[y+2]^c2, a[y+3]^c3, a[y+4]^c4
		}
		moved := a[1]
		for i, lane := range lanes {
			a[lane], moved = bits.RotateLeft64(moved, rotations[i]), a[lane]
		}
		for y := 0; y < 25; y += 5 {
			r0, r1, r2, r3, r4 := a[y], a[y+1], a[y+2], a[y+3], a[y+4]
			a[y], a[y+1], a[y+2], a[y+3], a[y+4] = r0^^r1&r2, r1^^r2&r3, r2^^r3&r4, r3^^r4&r0, r4^^r0&r1
		}
		for j := range 7 {
			a[0] ^= uint64(lfsr&1) << (1<<j - 1)
			lfsr = lfsr<<1 ^ (lfsr>>7)*0x71
		}
	}
}

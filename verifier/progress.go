package main

import "math"

type span struct{ from, to int64 }
type sample struct {
	slot int64
	time float64
}

// What the watermarks of a partition have settled: sections 6 and 7 of the specification.
type progress struct {
	covered       []span
	samples       []sample
	closed, timed int64
	stream        float64
}

func (p *progress) isSealed(r *rules, index int64) bool {
	return index <= p.closed || p.isProven(r, index)
}

func (p *progress) isProven(r *rules, index int64) bool {
	for _, s := range p.covered {
		if index <= p.timed && s.from <= index*r.duration && s.to >= (index+1)*r.duration-1 {
			return true
		}
	}
	return false
}

func (p *progress) observe(r *rules, from, to, time int64) {
	p.cover(r, span{from, to})
	p.stream = math.Max(p.stream, float64(time))
	if n := len(p.samples); n == 0 || to > p.samples[n-1].slot {
		p.sample(r, sample{to, p.stream})
	}
	low, high := p.timed, max(p.timed, p.samples[len(p.samples)-1].slot/r.duration-1)
	for low < high {
		middle := low + (high-low+1)/2
		if p.timeOf((middle+1)*r.duration-1) <= p.stream-float64(r.threshold) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	p.timed = low
	for len(p.samples) > 1 && p.samples[1].slot <= (p.timed+2)*r.duration-1 {
		p.samples = p.samples[1:]
	}
}

func (p *progress) cover(r *rules, add span) {
	var before, after []span
	for _, s := range p.covered {
		switch {
		case s.from <= add.from && add.to <= s.to:
			return
		case s.to < add.from-1:
			before = append(before, s)
		case s.from > add.to+1:
			after = append(after, s)
		default:
			add = span{min(add.from, s.from), max(add.to, s.to)}
		}
	}
	p.covered = append(append(before, add), after...)
	if surplus := len(p.covered) - 64; surplus > 0 {
		p.closed = max(p.closed, p.covered[surplus-1].to/r.duration)
		p.covered = p.covered[surplus:]
	}
}

func (p *progress) sample(r *rules, next sample) {
	ends := func(a, b sample) bool { return b.slot/r.duration > a.slot/r.duration }
	if n := len(p.samples); n > 1 && !ends(p.samples[n-2], p.samples[n-1]) && !ends(p.samples[n-1], next) {
		p.samples = p.samples[:n-1]
	}
	p.samples = append(p.samples[:len(p.samples):len(p.samples)], next)
	if len(p.samples) > 64 {
		p.samples = append(p.samples[:1], p.samples[2:]...)
	}
}

func (p *progress) timeOf(slot int64) float64 {
	i := len(p.samples) - 1
	for i > 0 && p.samples[i-1].slot > slot {
		i--
	}
	b := p.samples[i]
	if i == 0 {
		return b.time - float64(0.2*float64(b.slot-slot))
	}
	a := p.samples[i-1]
	return math.Min(b.time, a.time+float64((b.time-a.time)*float64(slot-a.slot))/float64(b.slot-a.slot))
}

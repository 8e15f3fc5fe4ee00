// What the charts show, in the form that chart.js draws.
(() => {
'use strict';
const tones = ['bad', 'warn', 'third', 'main', 'second', 'muted', 'limit', 'good'];

const gaps = (values, counts) => values.map((v, i) => (counts[i] ? v : null));
const known = (values) => values.map((v) => v || null);
const any = (values) => values.some((v) => v);

// limit is a dashed series, unless there was none.
const limit = (name, values) => (any(values) ? [{ name, look: 'dashed', tone: 'limit', y: known(values) }] : []);

// often tells whether a rate is better read a second than a minute.
const often = (perSecond) => Math.max(0, ...perSecond) >= 20;

class Pictures {
  constructor(history) { this.h = history; }

  time(unit, label, series, more) {
    return { kind: 'time', clock: true, unit, label, x: this.h.column('at', this.from), series, ...more };
  }

  // all returns every picture, of the last so many seconds; 0 is all. held names
  // what has held the run back.
  all(seconds, budget, held) {
    this.names = Object.fromEntries(held.map((h) => [h.name, h.words]));
    this.from = this.h.from(seconds);
    return {
      requests: this.requests(), limited: this.limited(), ttft: this.latency('ttft', 'time to the first token'),
      total: this.latency('total', 'time of the whole call'), flight: this.flight(), tokens: this.tokens(),
      causes: this.causes(), cost: this.cost(budget),
    };
  }

  requests() {
    const rate = this.h.rate('requests', this.from), items = this.h.rate('ended', this.from);
    const bound = this.h.column('requests_per_min', this.from).map((v) => v / 60);
    const second = often(rate.concat(bound)), scale = (v) => (second ? v : v * 60);
    return this.time(second ? 'per_s' : 'per_min', 'requests sent and items done, against the limit', [
      { name: 'requests', look: 'area', tone: 'main', y: rate.map(scale) },
      { name: 'items done', look: 'line', tone: 'good', y: items.map(scale) },
      ...limit('limit', bound.map(scale)),
    ]);
  }

  limited() {
    const series = Object.entries(this.h.limited_s).map(([name, seconds]) => ({
      name: this.names[name] || name, look: 'stacked', tone: name, y: this.h.per(seconds, this.from).map((v) => Math.min(v, 1)),
    }));
    return this.time('share', 'share of the time that each cause held the run back', series, { max: 1 });
  }

  latency(of, label) {
    const counts = this.h.column(of + '_count', this.from);
    const y = (q) => gaps(this.h.column(`${of}_${q}_ms`, this.from), counts).map((v) => (v === null ? null : v / 1000));
    return this.time('s', label + ', median and 99th percentile', [
      { name: 'median', look: 'line', tone: 'main', y: y('p50') },
      { name: '99th percentile', look: 'band', tone: 'third', y: y('p99') },
    ], { log: true });
  }

  // flight shows the cap where it is near: far above it would press all else down.
  flight() {
    const calls = this.h.column('in_flight', this.from), cap = this.h.column('concurrency', this.from);
    const near = Math.max(...calls) * 4 > Math.max(...cap);
    return this.time('count', 'calls in flight, against the cap', [
      { name: 'in flight', look: 'area', tone: 'second', y: calls }, ...(near ? limit('at most', cap) : []),
    ]);
  }

  tokens() {
    const bound = this.h.column('tokens_per_min', this.from);
    const minute = (name) => this.h.rate(name, this.from).map((v) => v * 60);
    return this.time('per_min', 'tokens a minute, in and out, against the limit', [
      { name: 'in', look: 'stacked', tone: 'second', y: minute('prompt_tokens') },
      { name: 'out', look: 'stacked', tone: 'third', y: minute('completion_tokens') },
      ...limit('limit', bound),
    ]);
  }

  causes() {
    const series = Object.entries(this.h.causes).map(([name, counts], i) => ({
      name: name.replaceAll('_', ' '), look: 'stacked', tone: tones[i % tones.length], y: this.h.per(counts, this.from).map((v) => v * 60),
    }));
    const again = this.h.rate('retries', this.from).map((v) => v * 60);
    return this.time('per_min', 'failed attempts by cause, and retries, a minute', [
      ...series, { name: 'sent again', look: 'line', tone: 'main', y: again },
    ]);
  }

  cost(budget) {
    let sum = 0;
    const run = this.h.column('usd', 0).map((v) => (sum += v)).slice(this.from);
    const bound = budget ? run.map(() => budget.limit) : [];
    return this.time('usd', 'cost so far', [{ name: 'spent in this session', look: 'area', tone: 'money', y: run }, ...limit('budget', bound)]);
  }
}

Object.assign(window.page, { Pictures });
})();

// The page: reads the feed and shows what it tells.
(() => {
'use strict';
const { format, mount } = paceline;
const { History, Pictures, Orders, headline, now, title, showCells, showShares, unanswered, count } = window.page;

// Beyond so many points the page asks for the history anew, which the server
// keeps shorter.
const longest = 4000;

const at = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.history = new History();
    this.pictures = new Pictures(this.history);
    this.state = { status: {}, stats: {}, rates: { requests: 0 }, failures: [], samples: [], ended: false, summary: null };
    this.range = 0;
    this.orders = new Orders((status) => { Object.assign(this.state.status, status); this.show(); });
    for (const button of document.querySelectorAll('[data-range]')) button.addEventListener('click', () => this.choose(button));
    this.connect();
  }

  connect() {
    this.feed = new EventSource('events');
    for (const kind of ['hello', 'frame', 'end']) this.feed.addEventListener(kind, (ev) => this.take(JSON.parse(ev.data)));
    this.feed.addEventListener('open', () => this.link('live', 'live'));
    this.feed.addEventListener('error', () => this.link('lost', 'no connection; trying again'));
  }

  link(kind, text) {
    at('link').className = 'link ' + kind;
    at('link').textContent = text;
  }

  // take takes one event of the feed.
  take(m) {
    const s = this.state;
    if (m.reset) this.reset();
    Object.assign(s.status, m.status);
    Object.assign(s.stats, m.stats);
    if (m.failures) s.failures = m.failures;
    this.takeSamples(m.samples || []);
    if (m.points) this.takePoints(m.points);
    if (m.summary) s.summary = m.summary;
    if (m.ended) this.end();
    this.show();
    if (m.points || m.failures || m.ended || m.reset) this.draw();
    if (this.history.length > longest && !s.ended) this.again();
  }

  reset() {
    this.history.clear();
    Object.assign(this.state, { status: {}, stats: {}, failures: [], samples: [], ended: false, summary: null });
  }

  takeSamples(list) {
    const s = this.state, last = s.samples.length ? s.samples[0].number : 0;
    s.samples = list.filter((i) => i.number > last).reverse().concat(s.samples).slice(0, 40);
  }

  takePoints(points) {
    this.history.add(points);
    const { length } = this.history, from = Math.max(0, length - 10);
    const spans = this.history.column('span', from).reduce((a, b) => a + b, 0);
    const sent = this.history.column('requests', from).reduce((a, b) => a + b, 0);
    this.state.rates = { requests: spans ? sent / spans : 0 };
  }

  end() {
    this.state.ended = true;
    this.feed.close();
    this.link('over', 'ended');
  }

  // again asks for the whole history.
  again() {
    this.feed.close();
    this.connect();
  }

  choose(button) {
    this.range = Number(button.dataset.range);
    for (const b of document.querySelectorAll('[data-range]')) b.setAttribute('aria-pressed', String(b === button));
    this.draw();
  }

  // show writes the words and figures.
  show() {
    const s = this.state, { status } = s;
    if (!status.in_force || !s.stats.ttft_ms) return;
    document.title = title(s);
    at('name').textContent = [status.output, status.model].filter(Boolean).join(' · ');
    at('headline').textContent = headline(s);
    at('now').textContent = now(s);
    document.body.classList.toggle('paused', status.paused && !s.ended);
    this.showBar(status);
    showCells(at('figures'), s);
    at('held').hidden = !showShares(at('shares'), at('shares-words'), s.stats.limited);
    at('limited-part').hidden = at('held').hidden;
    at('advice').textContent = s.stats.advice ? `To go faster: ${s.stats.advice}.` : '';
    this.orders.show(status, s.ended);
  }

  showBar(status) {
    const bar = at('bar');
    bar.hidden = status.items === null;
    if (bar.hidden) return;
    const bad = unanswered(status);
    at('bar-done').style.width = ((status.done - bad) / status.items) * 100 + '%';
    at('bar-failed').style.width = (bad / status.items) * 100 + '%';
    bar.setAttribute('aria-valuenow', String(Math.floor((status.done / status.items) * 100)));
  }

  // draw draws the charts and tables.
  draw() {
    if (!this.history.length) return;
    const data = { charts: this.pictures.all(this.range, this.state.stats.budgets.usd, this.state.stats.limited), tables: this.tables() };
    if (!this.drawn) {
      this.drawn = mount(document, data);
      return;
    }
    for (const [name, chart] of Object.entries(this.drawn.charts)) chart.set(data.charts[name]);
    for (const [name, table] of Object.entries(this.drawn.tables)) {
      if (this.state.ended || !this.reads(table.host)) table.set(data.tables[name]);
    }
  }

  // reads reports whether somebody is at a table, which must not move under them.
  reads(host) {
    const marked = getSelection();
    return host.matches(':hover') || (!marked.isCollapsed && host.contains(marked.anchorNode));
  }

  tables() {
    const s = this.state, endpoints = s.status.endpoints || [];
    at('endpoints-part').hidden = endpoints.length < 2;
    return { failures: this.failures(s.failures), samples: this.samples(s.samples), endpoints: this.endpoints(endpoints) };
  }

  failures(list) {
    return {
      columns: [
        { name: 'Count', kind: 'number', unit: 'count' }, { name: 'Cause', kind: 'choice' }, { name: 'HTTP', kind: 'number', unit: 'count' },
        { name: 'What was said', kind: 'long' }, { name: 'Last', kind: 'text' },
      ],
      rows: list.map((f) => ({
        cells: [f.count, f.code.replaceAll('_', ' '), f.http || null, f.message, format.clock(f.last_ms / 1000, true)],
        more: [{ title: `The last time${f.item >= 0 ? `, of item ${f.item + 1}` : ''}${f.endpoint ? ` at ${f.endpoint}` : ''}`, text: f.message }],
      })),
      empty: 'Nothing has failed.', filter: list.length > 5,
    };
  }

  samples(list) {
    return {
      columns: [
        { name: 'Item', kind: 'number', unit: 'count' }, { name: 'Status', kind: 'state' }, { name: 'Answer', kind: 'long' },
        { name: 'First token', kind: 'number', unit: 's' }, { name: 'Whole call', kind: 'number', unit: 's' }, { name: 'Requests', kind: 'number', unit: 'count' },
      ],
      rows: list.map((i) => ({
        cells: [i.item + 1, i.status, i.error || i.answer, i.ttft_ms ? i.ttft_ms / 1000 : null, i.total_ms ? i.total_ms / 1000 : null, i.requests],
        more: [
          { title: i.id ? `Item ${i.id}` : 'Item', text: i.input }, ...(i.answer ? [{ title: 'Answer', text: i.answer }] : []),
          ...(i.error ? [{ title: 'Error', text: i.error }] : []),
        ],
      })),
      empty: 'No item has ended yet.', filter: true, note: `A few of them, ${count(list.length, 'row')} at most 4 a second; they stand still under the pointer. All rows are in the output file.`,
    };
  }

  endpoints(list) {
    return {
      columns: [{ name: 'Endpoint', kind: 'text' }, { name: 'State', kind: 'choice' }, { name: 'Host', kind: 'text' }, { name: 'Limits given', kind: 'text' }],
      rows: list.map((e) => ({ cells: [e.name, this.health(e), e.host, this.given(e)] })),
      empty: 'One endpoint.',
    };
  }

  health(e) {
    if (e.state === 'out') return `out: ${e.out_for}`;
    return e.down_for_s ? `${e.state} for ${format.span(e.down_for_s)}` : e.state;
  }

  given(e) {
    const list = ['rpm', 'rps', 'tpm', 'usd_per_hour', 'concurrency'].filter((n) => e[n] !== null);
    return list.map((n) => `${n.replaceAll('_', '-')}=${e[n]}`).join(' ') || 'none: learnt';
  }
}

window.page.page = new Page();
})();

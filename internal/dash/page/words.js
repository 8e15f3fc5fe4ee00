// What the page says in words and figures.
(() => {
'use strict';
const { element, format } = paceline;
const count = (n, one) => `${format.number(n)} ${one}${n === 1 ? '' : 's'}`;
const percent = (part, whole) => (part < whole ? Math.floor((part / whole) * 1000) / 10 : 100).toFixed(1) + ' %';
const ms = (v) => (v === null || v === undefined ? '–' : format.duration(v / 1000));

const kinds = ['failed', 'invalid', 'truncated', 'filtered', 'refused'];

// unanswered counts the items that have ended without an accepted answer.
const unanswered = (status) => kinds.reduce((sum, k) => sum + status[k], 0);

// over tells what a run came to.
const over = (status, summary) => {
  const all = summary ? summary.items : status.done, done = count(all, 'item');
  const answered = summary ? summary.done : status.done - unanswered(status);
  const took = ' in ' + format.span(summary ? summary.elapsed_s : status.elapsed_s);
  if ((!summary || !summary.stopped_by) && answered < all) return `${format.number(answered)} of ${done} answered${took}`;
  if (!summary || !summary.stopped_by) return `${done} done${took}`;
  return `Stopped after ${format.span(summary.elapsed_s)} (${summary.stopped_by.replaceAll('_', ' ')}): ${format.number(status.done)} of ${done}`;
};

// headline is the run in one sentence.
const headline = (s) => {
  const { status } = s;
  if (s.ended) return over(status, s.summary);
  if (status.items === null) return `${count(status.done, 'item')} done, ${format.span(status.elapsed_s)} so far`;
  const far = `${format.number(status.done)} of ${count(status.items, 'item')}, ${percent(status.done, status.items)}`;
  return status.eta_s === null || status.paused ? far : `${far}, about ${format.span(Math.max(status.eta_s, 1))} to go`;
};

// now says what the run waits for.
const now = (s) => {
  if (s.ended) return s.summary && s.summary.stopped_by ? 'The run has stopped. The same command continues.' : 'The run has ended.';
  if (s.status.paused) return `Paused by you. ${count(s.status.in_flight, 'call')} in flight will be finished.`;
  const text = s.status.now || '';
  return text.charAt(0).toUpperCase() + text.slice(1) + '.';
};

const title = (s) => {
  const { status } = s;
  const name = (status.output || '').split(/[\\/]/).pop();
  const far = s.ended ? 'ended' : status.items ? percent(status.done, status.items) : format.number(status.done);
  return `${far} · ${name} · Paceline`;
};

const against = (value, bound) => (bound === null || bound === undefined ? value : `${value} of ${bound}`);

// rate is requests as they go, against the limit in force, a minute.
const requestRate = (s) => {
  const { requests_per_min: bound, found_out: found } = s.status.in_force;
  const text = against(format.value(s.rates.requests * 60, 'per_min'), bound === null ? null : (found ? 'about ' : '') + format.value(bound, 'per_min'));
  return text;
};

const money = (s) => {
  const usd = s.status.cost_usd, budget = (s.stats.budgets || {}).usd;
  const spent = s.summary ? s.summary.cost_usd : budget ? budget.used : usd;
  const text = spent === null || spent === undefined ? 'unknown' : format.usd(spent);
  return budget ? `${text} of ${format.usd(budget.limit)}` : text;
};

const tokens = (s) => {
  const of = s.summary || s.status;
  if (of.prompt_tokens === null) return ['unknown', ''];
  const budget = (s.stats.budgets || {}).tokens;
  const note = budget ? `${format.number(budget.used || 0)} of ${format.number(budget.limit)} used` : '';
  return [`${format.number(of.prompt_tokens)} in, ${format.number(of.completion_tokens)} out`, note];
};

const again = (s) => {
  const { retries, throttled, hedges, asked_again: asked } = s.status;
  const others = [[throttled, 'throttled'], [hedges, 'hedged'], [asked, 'asked again']].filter(([n]) => n > 0);
  return [count(retries, 'retry').replace('retrys', 'retries'), others.map(([n, what]) => `${format.number(n)} ${what}`).join(', ') || 'none throttled'];
};

const troubles = (s) => {
  const list = kinds.filter((k) => s.status[k] > 0).map((k) => `${format.number(s.status[k])} ${k}`);
  return [format.number(unanswered(s.status)), list.join(', ') || 'all answers accepted so far'];
};

const latency = (l) => [`${ms(l.p50)}`, `p90 ${ms(l.p90)}, p99 ${ms(l.p99)}`];

// cells are the figures, each with its name and what is to be said beside it.
const cells = (s) => {
  const { status, stats } = s;
  const [t, tNote] = tokens(s), [a, aNote] = again(s), [bad, badNote] = troubles(s), [f, fNote] = latency(stats.ttft_ms), [w, wNote] = latency(stats.total_ms);
  const sent = s.summary ? s.summary.requests : status.requests;
  return [
    ['items-rate', 'items a second', format.number(s.ended ? mean(s) : Number(status.items_per_s.toPrecision(3))), `${format.span(status.elapsed_s)} so far`],
    ['requests', 'requests', format.number(sent), s.ended ? 'sent in all' : requestRate(s)],
    ['in-flight', 'in flight', against(format.number(status.in_flight), status.in_force.concurrency ? format.number(status.in_force.concurrency) : null), `${format.number(status.waiting)} waiting`],
    ['ttft', 'first token, median', f, fNote],
    ['total', 'whole call, median', w, wNote],
    ['tokens', 'tokens', t, tNote],
    ['cost', 'cost', money(s), ''],
    ['again', 'sent again', a, aNote],
    ['trouble', 'without an accepted answer', bad, badNote, bad !== '0'],
  ];
};

const mean = (s) => {
  const { status } = s;
  return status.elapsed_s > 0 ? Number(((status.done - status.resumed) / status.elapsed_s).toPrecision(3)) : 0;
};

// showCells writes the figures into their places.
const showCells = (host, s) => {
  for (const [id, name, value, note, bad] of cells(s)) {
    let cell = document.getElementById('cell-' + id);
    if (!cell) {
      cell = element('div', 'cell', element('span', 'label', name), element('b'), element('small'));
      cell.id = 'cell-' + id;
      host.append(cell);
    }
    cell.classList.toggle('bad', Boolean(bad));
    cell.querySelector('b').textContent = value;
    cell.querySelector('small').textContent = note;
  }
};

const toned = (e, name) => {
  e.style.setProperty('--tone', `var(--tone-${/^[a-z]+$/.test(name) ? name : 'none'})`);
  return e;
};

// showShares draws for how long what held the run back, all together; it reports
// whether anything is known.
const showShares = (bar, words, held) => {
  const all = held.reduce((sum, h) => sum + h.seconds, 0);
  bar.replaceChildren(...held.map((h) => {
    const part = toned(element('i', 'share'), h.name);
    part.style.flexGrow = String(h.seconds / all);
    part.title = `${h.words}: ${format.share(h.seconds / all)}`;
    return part;
  }));
  words.replaceChildren(...held.map((h) => element('span', 'share-word', toned(element('i', 'swatch'), h.name), `${h.words} ${format.share(h.seconds / all)}`)));
  return all > 0;
};

Object.assign(window.page, { headline, now, title, showCells, showShares, unanswered, ms, count });
})();

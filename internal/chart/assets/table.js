// A table in its place: rows that can be sorted, filtered and opened.
(() => {
'use strict';
const { element, format } = paceline;

const textOf = (cell, column) => column.kind === 'number' ? format.value(cell, column.unit || 'count') : cell === null ? '–' : String(cell);

// words are all that a row says, for the search.
const words = (row, columns) => {
  const more = (row.more || []).map((m) => m.text || (m.table ? m.table.rows.map((r) => r.cells.join(' ')).join(' ') : ''));
  return row.cells.map((c, i) => textOf(c, columns[i])).concat(row.cells, more).join('\n').toLowerCase();
};

const compare = (a, b) => {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
};

class Table {
  constructor(host, spec) {
    this.host = host;
    this.sort = null;
    this.query = '';
    this.chosen = new Map();
    this.open = new Set();
    host.classList.add('table');
    this.bar = element('div', 'bar');
    this.frame = element('div', 'frame');
    this.foot = element('div', 'foot');
    host.replaceChildren(this.bar, this.frame, this.foot);
    this.set(spec);
  }

  // set shows a later state.
  set(spec) {
    this.spec = spec;
    this.shown = Math.max(this.shown || 0, spec.shown || 10);
    this.words = new Map();
    this.drawBar();
    this.draw();
  }

  drawBar() {
    if (this.bar.contains(document.activeElement) && this.bar.firstChild) return; // somebody types
    this.bar.replaceChildren();
    if (!this.spec.filter) return;
    const search = element('input', 'search');
    Object.assign(search, { type: 'search', placeholder: 'Search in these rows', value: this.query });
    search.setAttribute('aria-label', 'Search in these rows');
    search.addEventListener('input', () => { this.query = search.value; this.draw(); });
    this.bar.append(search, ...this.spec.columns.map((c, i) => this.choice(c, i)).filter(Boolean));
    this.count = element('span', 'count');
    this.bar.append(this.count);
  }

  choice(column, i) {
    if (column.kind !== 'choice' && column.kind !== 'state') return null;
    const all = [...new Set(this.spec.rows.map((r) => r.cells[i]).filter((v) => v !== null && v !== ''))].sort();
    if (all.length < 2) return null;
    const select = element('select', '', new Option('any ' + column.name.toLowerCase(), ''), ...all.map((v) => new Option(v, v)));
    select.setAttribute('aria-label', column.name);
    select.value = this.chosen.get(i) || '';
    select.addEventListener('change', () => { this.chosen.set(i, select.value); this.draw(); });
    return select;
  }

  // rows are those that are wanted, in their order.
  rows() {
    const { columns } = this.spec, query = this.query.trim().toLowerCase();
    const list = this.spec.rows.filter((r) => {
      for (const [i, v] of this.chosen) if (v && r.cells[i] !== v) return false;
      if (!query) return true;
      if (!this.words.has(r)) this.words.set(r, words(r, columns));
      return this.words.get(r).includes(query);
    });
    if (!this.sort) return list;
    const { column, down } = this.sort;
    return list.sort((a, b) => {
      const x = a.cells[column], y = b.cells[column];
      return x === null || y === null ? compare(x, y) : (down ? -1 : 1) * compare(x, y);
    });
  }

  draw() {
    const { spec } = this, list = this.rows();
    if (this.count) this.count.textContent = list.length === spec.rows.length ? '' : `${format.number(list.length)} of ${format.number(spec.rows.length)}`;
    const body = element('tbody', '', ...list.slice(0, this.shown).flatMap((r) => this.row(r)));
    if (list.length === 0) this.frame.replaceChildren(element('p', 'empty', (spec.rows.length ? 'No row is like that.' : spec.empty) || 'None.'));
    else this.frame.replaceChildren(element('table', '', element('thead', '', element('tr', '', ...spec.columns.map((c, i) => this.head(c, i)))), body));
    this.drawFoot(list.length);
  }

  drawFoot(all) {
    this.foot.replaceChildren();
    if (all > this.shown) {
      const more = element('button', 'more', `Show ${format.number(Math.min(all - this.shown, 50))} more of ${format.number(all)}`);
      more.type = 'button';
      more.addEventListener('click', () => { this.shown += 50; this.draw(); });
      this.foot.append(more);
    }
    if (this.spec.note) this.foot.append(element('p', 'note', this.spec.note));
  }

  head(column, i) {
    const sorted = this.sort && this.sort.column === i;
    const button = element('button', 'sort', column.name);
    button.type = 'button';
    if (column.hint) button.title = column.hint;
    button.addEventListener('click', () => {
      const down = sorted ? !this.sort.down : column.kind === 'number';
      this.sort = { column: i, down };
      this.draw();
    });
    const th = element('th', column.kind, button);
    th.scope = 'col';
    if (sorted) th.setAttribute('aria-sort', this.sort.down ? 'descending' : 'ascending');
    return th;
  }

  row(row) {
    const cells = row.cells.map((c, i) => element('td', this.spec.columns[i].kind, ...this.cell(c, this.spec.columns[i])));
    const tr = element('tr', row.more ? 'opens' : '', ...cells);
    if (!row.more) return [tr];
    const key = row.cells.join('\n'), open = this.open.has(key);
    const button = element('button', 'open');
    button.type = 'button';
    button.setAttribute('aria-expanded', String(open));
    button.setAttribute('aria-label', 'More');
    cells[0].prepend(button);
    tr.addEventListener('click', () => {
      if (String(getSelection())) return; // somebody marks a text
      if (!this.open.delete(key)) this.open.add(key);
      this.draw();
    });
    return open ? [tr, this.more(row)] : [tr];
  }

  cell(value, column) {
    const text = textOf(value, column);
    if (column.kind === 'state') return [element('i', 'dot ' + (text === 'done' ? 'good' : 'bad')), text];
    return [column.kind === 'long' ? element('span', 'line', text) : text];
  }

  more(row) {
    const blocks = row.more.map((m) => {
      const block = element('section', '', element('h4', '', m.title));
      if (m.table) paceline.table(block.appendChild(element('div')), m.table);
      else block.append(element('pre', '', m.text || ''));
      return block;
    });
    const td = element('td', 'inside', ...blocks);
    td.colSpan = this.spec.columns.length;
    return element('tr', 'detail', td);
  }
}

paceline.table = (host, spec) => new Table(host, spec);
})();

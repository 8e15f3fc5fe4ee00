// The course of the run as the feed tells it: arrays of figures, one value a point.
(() => {
'use strict';
const groups = ['limited_s', 'causes'];

class History {
  constructor() { this.clear(); }

  clear() {
    this.length = 0;
    this.columns = {};
    for (const g of groups) this[g] = {};
  }

  // add takes points as the feed has them: a figure that is not there is 0.
  add(points) {
    const n = (points.at || []).length;
    for (const g of groups) this.extend(this[g], points[g] || {}, n);
    const plain = Object.fromEntries(Object.entries(points).filter(([name]) => !groups.includes(name)));
    this.extend(this.columns, plain, n);
    this.length += n;
  }

  extend(columns, added, n) {
    for (const name of Object.keys(added)) columns[name] = columns[name] || new Array(this.length).fill(0);
    for (const [name, values] of Object.entries(columns)) {
      for (let i = 0; i < n; i++) values.push(added[name] ? added[name][i] : 0);
    }
  }

  // from returns the index of the first point of the last so many seconds; 0 is all.
  from(seconds) {
    const at = this.columns.at || [];
    if (!seconds || !at.length) return 0;
    const since = at[at.length - 1] - seconds;
    let i = at.length - 1;
    while (i > 0 && at[i - 1] >= since) i--;
    return i;
  }

  // column returns a figure's values from a point on.
  column(name, from) { return (this.columns[name] || new Array(this.length).fill(0)).slice(from); }

  // rate returns a figure a second, over each point's span.
  rate(name, from) { return this.per(this.columns[name], from); }

  per(values, from) {
    if (!values) return new Array(this.length - from).fill(0);
    return values.slice(from).map((v, i) => v / this.columns.span[from + i]);
  }

  sum(name) { return (this.columns[name] || []).reduce((a, b) => a + b, 0); }
}

window.page = { History };
})();

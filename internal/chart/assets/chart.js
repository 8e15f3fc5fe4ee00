// A chart in its place: the legend above, the picture, what is under the pointer.
(() => {
'use strict';
const { element, format, plot } = paceline;

// shape is what must be the same for new values to go into an old picture.
const shape = (spec) => JSON.stringify([spec.kind, spec.unit, spec.log, spec.height, spec.clock,
  spec.series.map((s) => [s.name, s.look, s.tone]), spec.kind === 'histogram' ? spec.x : 0]);

class Chart {
  constructor(host, spec) {
    this.host = host;
    this.hidden = new Set();
    this.legend = element('div', 'legend');
    this.room = element('div', 'plot');
    this.tip = element('div', 'tip');
    this.tip.hidden = true;
    host.classList.add('chart');
    host.replaceChildren(this.legend, this.room);
    this.set(spec);
    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(this.room);
    paceline.charts.add(this);
  }

  // set shows a later state.
  set(spec) {
    const same = this.picture && this.spec && shape(spec) === shape(this.spec);
    const zoomed = same && this.zoomed();
    this.spec = spec;
    this.room.setAttribute('role', 'img');
    this.room.setAttribute('aria-label', spec.label || '');
    if (same) this.picture.setData(plot.data(spec, this.hidden), !zoomed);
    else this.draw();
  }

  zoomed() {
    const x = this.picture.data[0], s = this.picture.scales.x;
    return this.spec.kind === 'time' && x.length > 1 && (s.min > x[0] || s.max < x[x.length - 1]);
  }

  draw() {
    if (this.picture) this.picture.destroy();
    this.drawLegend();
    this.picture = new uPlot(this.options(), plot.data(this.spec, this.hidden), this.room);
    this.picture.over.append(this.tip);
    this.resize();
  }

  resize() {
    const width = this.room.clientWidth;
    if (width > 0 && width !== this.picture.width) this.picture.setSize({ width, height: this.height() });
  }

  height() { return this.spec.height || 180; }

  options() {
    const { spec, host } = this;
    const sync = spec.kind === 'time' ? { key: 'paceline-time' } : undefined;
    return {
      width: Math.max(this.room.clientWidth, 120), height: this.height(), padding: [14, spec.clock ? 24 : 8, 0, 0],
      legend: { show: false },
      cursor: { sync, y: false, points: { show: spec.kind === 'time', size: 6, width: 0 }, drag: { x: spec.kind === 'time', y: false, setScale: true } },
      scales: plot.scales(spec), axes: plot.axes(spec, host),
      series: [{}, ...plot.series(spec, host)], bands: plot.bands(spec, host),
      hooks: {
        drawAxes: [(u) => this.drawBreaks(u)], draw: [(u) => this.drawMarks(u)],
        setCursor: [(u) => this.point(u)],
      },
    };
  }

  drawLegend() {
    this.legend.replaceChildren(...this.spec.series.map((s) => {
      const swatch = element('i', 'swatch ' + (this.spec.kind === 'histogram' ? 'bar' : s.look));
      swatch.style.setProperty('--tone', `var(--tone-${/^[a-z0-9]+$/.test(s.tone) ? s.tone : 'none'})`);
      const key = element('button', this.hidden.has(s.name) ? 'key off' : 'key', swatch, s.name);
      key.type = 'button';
      key.setAttribute('aria-pressed', String(!this.hidden.has(s.name)));
      key.addEventListener('click', () => this.toggle(s.name));
      return key;
    }));
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.drawLegend();
    this.picture.setData(plot.data(this.spec, this.hidden), !this.zoomed());
  }

  drawBreaks(u) {
    const { ctx, bbox } = u;
    ctx.save();
    for (const b of this.spec.breaks || []) {
      const from = u.valToPos(b.from, 'x', true), to = u.valToPos(b.to, 'x', true);
      ctx.fillStyle = plot.faded(plot.tone(this.host, 'muted'), 0.14);
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    ctx.restore();
  }

  drawMarks(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    const all = (this.spec.breaks || []).map((b) => ({ x: b.to, text: b.text })).concat(this.spec.marks || []);
    let free = -Infinity;
    ctx.save();
    ctx.font = `${10.5 * ratio}px ${getComputedStyle(this.host).fontFamily}`;
    ctx.lineWidth = ratio;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'alphabetic';
    for (const m of all.sort((a, b) => a.x - b.x)) {
      const x = Math.round(u.valToPos(m.x, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = ctx.fillStyle = plot.tone(this.host, m.tone || 'axis');
      ctx.setLineDash([2 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      free = this.drawWord(ctx, bbox, m.text, x, free, ratio);
    }
    ctx.restore();
  }

  // drawWord writes a mark's word above the picture if there is room behind free,
  // and returns where the room begins that is left.
  drawWord(ctx, bbox, text, x, free, ratio) {
    const width = ctx.measureText(text).width;
    const left = Math.min(Math.max(x - width / 2, bbox.left), bbox.left + bbox.width - width);
    if (left < free) return free;
    ctx.fillText(text, left, bbox.top - 4 * ratio);
    return left + width + 8 * ratio;
  }

  // point shows what is under the pointer.
  point(u) {
    const i = u.cursor.idx;
    this.tip.hidden = i === null || i === undefined || u.cursor.left < 0;
    if (this.tip.hidden) return;
    this.tip.replaceChildren(element('b', '', this.place(i)), ...this.values(i));
    const right = u.cursor.left < u.over.clientWidth / 2;
    this.tip.style.left = right ? u.cursor.left + 12 + 'px' : 'auto';
    this.tip.style.right = right ? 'auto' : u.over.clientWidth - u.cursor.left + 12 + 'px';
  }

  // place says which value of the horizontal axis i is.
  place(i) {
    const { spec } = this, x = spec.x[i];
    if (spec.kind === 'histogram') return format.value(x, spec.unit) + ' to ' + format.value(spec.x[i + 1], spec.unit);
    if (spec.clock) return format.clock(x, true);
    const piece = (spec.pieces || []).filter((p) => p.x <= x).pop();
    return format.span(x) + (piece ? ' · ' + format.clock(piece.at + x - piece.x, true) : '');
  }

  values(i) {
    const unit = this.spec.kind === 'histogram' ? 'count' : this.spec.unit;
    const shown = this.spec.series.filter((s) => s.y[i] !== null && !this.hidden.has(s.name) && (s.look !== 'stacked' || s.y[i] > 0));
    return shown.map((s) => element('span', '', s.name, element('em', '', format.value(s.y[i], unit))));
  }

  destroy() {
    this.watcher.disconnect();
    paceline.charts.delete(this);
    this.picture.destroy();
    this.host.replaceChildren();
  }
}

paceline.charts = new Set();
paceline.chart = (host, spec) => new Chart(host, spec);

// Colours are those of the page: when it goes dark, or onto paper, they change.
const redraw = () => paceline.charts.forEach((c) => c.draw());
for (const query of ['(prefers-color-scheme: dark)', 'print']) matchMedia(query).addEventListener('change', redraw);
})();

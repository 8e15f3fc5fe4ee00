// How a chart's form becomes what uPlot draws: data, scales, axes, paths.
(() => {
'use strict';
const { format } = paceline;

// tone returns the colour that the stylesheet has for a tone, #rrggbb.
const tone = (host, name) => {
  const style = getComputedStyle(host);
  return style.getPropertyValue('--tone-' + (name || 'none')).trim() || style.getPropertyValue('--tone-muted').trim();
};

const faded = (colour, alpha) => {
  const n = parseInt(colour.slice(1), 16);
  return `rgba(${n >> 16}, ${n >> 8 & 255}, ${n & 255}, ${alpha})`;
};

// stack returns the sums of stacked series from the first up to each, in place
// of their values; a hidden one adds nothing.
const stack = (spec, hidden) => {
  const sums = spec.x.map(() => 0);
  return spec.series.map((s) => {
    if (s.look !== 'stacked') return hidden.has(s.name) ? s.y.map(() => null) : s.y;
    return s.y.map((v, i) => {
      if (v === null) return null;
      if (!hidden.has(s.name)) sums[i] += v;
      return sums[i];
    });
  });
};

// order is the order in which the series are drawn: stacked ones first, the
// highest sum first, since each is filled down to the axis.
const order = (spec) => {
  const all = spec.series.map((_, i) => i);
  const stacked = all.filter((i) => spec.series[i].look === 'stacked').reverse();
  return stacked.concat(all.filter((i) => spec.series[i].look !== 'stacked'));
};

// data returns what uPlot takes: the horizontal values, then each series.
const data = (spec, hidden) => {
  if (spec.kind === 'histogram') {
    const y = spec.series.map((s) => hidden.has(s.name) ? s.y.map(() => null) : s.y);
    return [spec.x.slice(0, -1), ...y];
  }
  const y = stack(spec, hidden);
  return [spec.x, ...order(spec).map((i) => y[i])];
};

// bars draws a histogram's buckets from edge to edge.
const bars = (spec) => (u, index, from, to) => {
  const fill = new Path2D(), y = u.data[index], base = u.valToPos(0, 'y', true);
  for (let i = 0; i < y.length; i++) {
    if (!y[i]) continue;
    const left = u.valToPos(spec.x[i], 'x', true), right = u.valToPos(spec.x[i + 1], 'x', true);
    const top = Math.min(u.valToPos(y[i], 'y', true), base - devicePixelRatio);
    fill.rect(left, top, Math.max(right - left - devicePixelRatio, devicePixelRatio), base - top);
  }
  return { fill, stroke: null };
};

const stepped = uPlot.paths.stepped({ align: 1 });

// looks say how uPlot draws a series of each look.
const looks = {
  line: (c) => ({ stroke: c, width: 1.75 }),
  area: (c) => ({ stroke: c, width: 1.75, fill: faded(c, 0.13) }),
  step: (c) => ({ stroke: c, width: 1.5, paths: stepped }),
  dashed: (c) => ({ stroke: c, width: 1.5, dash: [5, 4], paths: stepped }),
  stacked: (c) => ({ fill: c, stroke: c, width: 0, paths: stepped }),
  dots: (c) => ({ stroke: c, width: 0, paths: () => null, points: { show: true, size: 5, fill: c, width: 0 } }),
  band: (c) => ({ stroke: faded(c, 0.55), width: 1 }),
};

const series = (spec, host) => {
  if (spec.kind === 'histogram') {
    return spec.series.map((s) => ({ label: s.name, fill: faded(tone(host, s.tone), 0.62), paths: bars(spec), points: { show: false } }));
  }
  return order(spec).map((i) => {
    const s = spec.series[i];
    if (!looks[s.look]) throw new Error('paceline: no look is called ' + s.look);
    return { label: s.name, spanGaps: false, points: { show: false }, ...looks[s.look](tone(host, s.tone)) };
  });
};

// bands fill between a series of that look and the one before it.
const bands = (spec, host) => {
  const at = order(spec), list = [];
  spec.series.forEach((s, i) => {
    if (s.look === 'band') list.push({ series: [at.indexOf(i) + 1, at.indexOf(i - 1) + 1], fill: faded(tone(host, s.tone), 0.16) });
  });
  return list;
};

// timeSteps are the distances of marks on an axis of time, in seconds.
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

const multiples = (min, max, step, zone) => {
  const list = [];
  for (let v = Math.ceil((min - zone) / step) * step + zone; v <= max + step * 1e-9; v += step) list.push(v);
  return list;
};

const timeSplits = (spec) => (u, axis, min, max) => {
  const most = Math.max(2, u.bbox.width / devicePixelRatio / 90);
  const step = timeSteps.find((s) => (max - min) / s <= most) || Math.ceil((max - min) / most / 604800) * 604800;
  return multiples(min, max, step, spec.clock ? new Date(min * 1000).getTimezoneOffset() * 60 : 0);
};

const timeLabels = (spec) => (u, splits) => splits.map((v) => {
  if (!spec.clock) return format.span(v);
  return splits.length > 1 && splits[1] - splits[0] >= 86400 ? format.day(v) : format.clock(v, splits[1] - splits[0] < 60);
});

// logSplits are 1, 2 and 5 times each power of ten, or fewer where it is tight.
const logSplits = (room) => (u, axis, min, max) => {
  const side = u.axes[axis].side % 2 ? u.bbox.height : u.bbox.width;
  const decade = side / devicePixelRatio / Math.max(Math.log10(max / min), 0.01);
  const list = [], steps = decade > 4 * room ? [1, 2, 5] : [1];
  for (let p = Math.floor(Math.log10(min)); p <= Math.ceil(Math.log10(max)); p++) {
    for (const s of steps) list.push(s * 10 ** p);
  }
  return list.filter((v) => v >= min * 0.999 && v <= max * 1.001);
};

// short writes a value as an axis has room for it: without the zeros behind the
// point that a column of figures has, and ten thousand and more in thousands.
const short = (text) => text.replace(/^(\d\d),(\d)00(?!\d|,)/, '$1.$2k').replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');
const labels = (unit) => (u, splits) => splits.map((v) => unit === 'usd' ? format.usd(v) : short(format.value(v, unit)));

// highest returns an end for a linear axis that leaves a little air.
const highest = (max) => {
  if (!(max > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(max)) / 5;
  return Math.ceil(max * 1.04 / step) * step;
};

const linear = (spec) => (u, min, max) => [0, spec.unit === 'share' ? 1 : highest(Math.max(max || 0, spec.max || 0))];

const logarithmic = (u, min, max) => {
  if (!(min > 0) || !(max > 0)) return [0.1, 1];
  return [min / 1.25, Math.max(max * 1.25, min * 4)];
};

const scales = (spec) => {
  if (spec.kind === 'histogram') {
    const ends = [spec.x[0], spec.x[spec.x.length - 1]];
    return { x: { time: false, distr: 3, log: 10, range: (u, min, max) => min === null || u.status === 0 ? ends : [min, max] }, y: { range: (u, min, max) => [0, highest(max)] } };
  }
  return {
    x: { time: false, range: (u, min, max) => min === max ? [min - 1, max + 1] : [min, max] },
    y: spec.log ? { distr: 3, log: 10, range: logarithmic } : { range: linear(spec) },
  };
};

const axes = (spec, host) => {
  const ink = tone(host, 'axis'), grid = { stroke: tone(host, 'grid'), width: 1 };
  const font = '11px ' + getComputedStyle(host).fontFamily;
  const both = { stroke: ink, font, ticks: { show: false }, gap: 6 };
  const histogram = spec.kind === 'histogram';
  const x = {
    ...both, size: 24, grid: { show: false },
    splits: histogram ? logSplits(52) : timeSplits(spec),
    filter: (u, splits) => splits,
    values: histogram ? labels(spec.unit) : timeLabels(spec),
  };
  const y = { ...both, size: 62, grid, space: 36, values: labels(histogram ? 'count' : spec.unit) };
  if (spec.log && !histogram) Object.assign(y, { splits: logSplits(18), filter: (u, splits) => splits });
  return [x, y];
};

paceline.plot = { data, order, series, bands, scales, axes, tone, faded };
})();

// How figures are written. The same words as in the terminal.
(() => {
'use strict';
const paceline = window.paceline = {};

const group = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

const digits = (v) => {
  const a = Math.abs(v);
  if (a === 0) return '0';
  if (a < 0.995) return String(Number(v.toPrecision(3)));
  if (a < 9.995) return v.toFixed(2);
  if (a < 99.95) return v.toFixed(1);
  return group(v);
};

// number writes v in at most six characters: exact below 100,000.
const number = (v) => {
  if (v < 0) return '−' + number(-v);
  if (v < 99950) return Number.isInteger(v) ? group(v) : digits(v);
  let unit = '';
  for (unit of ['k', 'M', 'B', 'T']) {
    v /= 1000;
    if (v < 999.5) break;
  }
  return digits(v) + unit;
};

const share = (v) => {
  if (v > 0 && v < 0.001) return '<0.1 %';
  if (v < 0.0995 && v > 0) return (v * 100).toFixed(1).replace(/\.0$/, '') + ' %';
  return (v < 1 ? Math.min(Math.round(v * 100), 99) : 100) + ' %';
};

// duration writes the seconds that a call takes.
const duration = (s) => {
  if (s <= 0) return '0 s';
  if (s < 0.00995) return Number((s * 1000).toPrecision(2)) + ' ms';
  if (s < 0.9995) return Math.round(s * 1000) + ' ms';
  if (s < 100) return digits(s) + ' s';
  return digits(s / 60) + ' min';
};

const two = (n) => String(n).padStart(2, '0');

// span writes the seconds that a run takes, in their two largest units.
const span = (s) => {
  s = Math.round(s);
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min' + (s % 60 ? ' ' + two(s % 60) + ' s' : '');
  if (s < 172800) return Math.floor(s / 3600) + ' h' + (s % 3600 >= 60 ? ' ' + two(Math.floor(s / 60) % 60) + ' min' : '');
  return Math.floor(s / 86400) + ' d' + (s % 86400 >= 3600 ? ' ' + two(Math.floor(s / 3600) % 24) + ' h' : '');
};

const usd = (v) => {
  if (v === 0) return '$0';
  if (v < 1) {
    const text = v.toFixed(Math.min(Math.max(2, 1 - Math.floor(Math.log10(v))), 9));
    return '$' + (text.length > 4 ? text.replace(/0$/, '') : text);
  }
  if (v < 1000) return '$' + v.toFixed(2);
  return '$' + number(v);
};

const bytes = (v) => {
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (v < 999.5 || unit === 'GB') return digits(v) + ' ' + unit;
    v /= 1000;
  }
};

// clock writes seconds since 1970 as the time of day where the reader is.
const clock = (at, seconds) => {
  const d = new Date(at * 1000);
  return two(d.getHours()) + ':' + two(d.getMinutes()) + (seconds ? ':' + two(d.getSeconds()) : '');
};

const day = (at) => {
  const d = new Date(at * 1000);
  return d.getFullYear() + '-' + two(d.getMonth() + 1) + '-' + two(d.getDate());
};

const units = {
  count: number, s: duration, usd, share, bytes,
  per_s: (v) => number(v) + '/s',
  per_min: (v) => number(v) + '/min',
};

// value writes v, null as a dash, in one of the units of the package.
const value = (v, unit) => {
  if (v === null || v === undefined) return '–';
  if (!units[unit]) throw new Error('paceline: no unit is called ' + unit);
  return units[unit](v);
};

paceline.format = { number, share, duration, span, usd, bytes, clock, day, value };

// element makes an element with a class and children, texts as texts.
paceline.element = (tag, name, ...children) => {
  const e = document.createElement(tag);
  if (name) e.className = name;
  e.append(...children);
  return e;
};
})();

// What the page holds, in its places.
(() => {
'use strict';
// mount draws what data has for the places in root.
paceline.mount = (root, data) => {
  const drawn = { charts: {}, tables: {} };
  for (const host of root.querySelectorAll('[data-chart]')) {
    const spec = (data.charts || {})[host.dataset.chart];
    if (spec) drawn.charts[host.dataset.chart] = paceline.chart(host, spec);
  }
  for (const host of root.querySelectorAll('[data-table]')) {
    const spec = (data.tables || {})[host.dataset.table];
    if (spec) drawn.tables[host.dataset.table] = paceline.table(host, spec);
  }
  return drawn;
};

const start = () => {
  const held = document.getElementById('paceline-data');
  if (held) paceline.drawn = paceline.mount(document, JSON.parse(held.textContent));
};
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
})();

// Pause and limits. The answer to an order is the run as it stands then.
(() => {
'use strict';
const csrf = document.querySelector('meta[name=csrf]').content;
const limitNames = ['rpm', 'tpm', 'concurrency', 'usd-per-hour'];

// send gives an order and returns the status, or throws why not.
const send = async (path, body) => {
  const answer = await fetch(path, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Paceline-Csrf': csrf }, body: JSON.stringify(body),
  });
  const text = await answer.text();
  let told = {};
  try { told = JSON.parse(text); } catch { told = { error: text }; }
  if (!answer.ok) throw new Error(told.error || answer.statusText);
  return told.status;
};

class Orders {
  // apply is called with the status after each order.
  constructor(apply) {
    this.apply = apply;
    this.word = document.getElementById('word');
    this.pause = document.getElementById('pause');
    this.form = document.getElementById('limits-form');
    this.given = {};
    this.pause.addEventListener('click', () => this.order(this.paused ? 'resume' : 'pause', {}, ''));
    this.form.addEventListener('submit', (ev) => { ev.preventDefault(); this.setLimits(); });
    this.form.elements.endpoint.addEventListener('change', () => this.fill(true));
  }

  async order(path, body, said) {
    this.word.classList.remove('bad');
    try {
      this.apply(await send(path, body));
      this.word.textContent = said;
    } catch (err) {
      this.word.classList.add('bad');
      this.word.textContent = 'Not done: ' + err.message;
    }
  }

  setLimits() {
    const limits = {};
    for (const name of limitNames) {
      const text = this.form.elements[name].value.trim();
      if (text !== this.given[name]) limits[name] = text || 'off';
    }
    if (!Object.keys(limits).length) {
      this.word.textContent = 'No limit was changed.';
      return;
    }
    const said = 'Set: ' + Object.entries(limits).map(([n, v]) => `${n}=${v}`).join(' ');
    document.activeElement.blur();
    this.order('limits', { endpoint: this.form.elements.endpoint.value, limits }, said);
  }

  // show takes how the run stands.
  show(status, ended) {
    this.paused = status.paused;
    this.pause.textContent = status.paused ? 'Resume' : 'Pause';
    document.getElementById('controls').hidden = ended;
    this.endpoints = status.endpoints || [];
    const select = this.form.elements.endpoint, names = this.endpoints.map((e) => e.name);
    if (select.options.length !== names.length + 1) select.replaceChildren(new Option('all', ''), ...names.map((n) => new Option(n, n)));
    document.getElementById('endpoint-label').hidden = names.length < 2;
    this.fill(false);
  }

  // fill puts the limits that were given into the form, unless somebody writes in it.
  fill(always) {
    if (!always && this.form.contains(document.activeElement)) return;
    const name = this.form.elements.endpoint.value;
    const of = this.endpoints.find((e) => e.name === name) || this.endpoints[0];
    if (!of) return;
    for (const limit of limitNames) {
      const value = of[limit.replaceAll('-', '_')];
      this.given[limit] = value === null || value === undefined ? '' : String(value);
      this.form.elements[limit].value = this.given[limit];
    }
  }
}

Object.assign(window.page, { Orders });
})();

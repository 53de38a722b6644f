(() => {
'use strict';
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const details = all('details');
addEventListener('beforeprint', () => details.forEach(d => { d.dataset.open = d.open; d.open = true; }));
addEventListener('afterprint', () => details.forEach(d => { d.open = d.dataset.open === 'true'; }));

const form = document.getElementById('filter');
if (!form) return;
const cards = document.getElementById('cards');
const order = [...cards.children];
const headings = order.filter(e => e.matches('h3'));
const conflicts = all('[data-level]');
const tables = all('.rows');
const plain = s => s.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const texts = new Map();
const textOf = e => texts.get(e) ?? texts.set(e, plain(e.textContent)).get(e);
const ways = {
  address: (a, b) => a.dataset.address.localeCompare(b.dataset.address),
  newest: (a, b) => b.dataset.newest.localeCompare(a.dataset.newest),
};
let sorted = '';

function sort(way) {
  if (way === sorted) return;
  sorted = way;
  const articles = order.filter(e => e.matches('article'));
  cards.append(...(way ? [...headings, ...articles.sort(ways[way])] : order));
}

function update() {
  const wanted = plain(form.find.value).split(/\s+/).filter(Boolean);
  const show = form.show.value, type = form.class.value;
  let shown = 0;
  for (const e of conflicts) {
    const { level, manual, status, class: is } = e.dataset;
    e.hidden = !((!show || [level, manual, status].includes(show)) && (!type || is === type) &&
      wanted.every(word => textOf(e).includes(word)));
    if (!e.hidden) shown++;
  }
  sort(form.sort.value);
  for (const h of headings) {
    let e = h.nextElementSibling;
    while (e && e.hidden && !e.matches('h3')) e = e.nextElementSibling;
    h.hidden = sorted !== '' || !e || e.matches('h3');
  }
  for (const t of tables) t.hidden = !t.querySelector('[data-level]:not([hidden])');
  form.querySelector('output').value = shown === conflicts.length ? `${shown} conflicts shown`
    : `${shown} of ${conflicts.length} conflicts shown` + (shown ? '' : '. Clear a filter to see more.');
}

let timer;
form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(update, 120); });
form.addEventListener('submit', e => { e.preventDefault(); update(); });
form.hidden = false;
update();
})();

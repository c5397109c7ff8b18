// Runs in the portal's page. One call carries a whole step: act, wait for the page's own queue, read back, answer once.
//
// arguments: [0] program (or null to go on waiting for the one that runs), [1] its id, [2] how long this call may
// wait in ms, [3] callback. The program runs on by itself between calls, so a slow portal never holds the driver.
const [program, id, budgetMs, answer] = arguments;

const TICK_MS = 2;             // how often the queue is looked at
const REQUEST_MS = 250;        // the same while a request is open, whose end tells by itself
const AFTER_READY_MS = 25;     // scripts bound to "document ready" run a little after it
const FADE_MS = 600;           // how long a dialog that was closed may take to fade away
const PRIMEFACES_MAX_MS = 3000; // a page without the framework by then has none
const ANSWER_MAX = 200000;     // characters kept of an answer after the paying click

const delay = (ms) => new Promise((done) => setTimeout(done, ms));
const squeezed = (text) => (text || '').normalize('NFC').replace(/\s+/g, ' ').trim();

function shown(el) {
  if (!el || !el.isConnected || el.getClientRects().length === 0) return false;
  if (getComputedStyle(el).visibility === 'hidden') return false;
  const dialog = el.closest('.ui-dialog');
  return !dialog || dialog.getAttribute('aria-hidden') !== 'true';
}

// A locator is a CSS selector, or `selector >> words` for an element with exactly these words.
function all(locator) {
  const [css, words] = locator.split(' >> ');
  const found = [...document.querySelectorAll(css)];
  return words === undefined ? found : found.filter((el) => squeezed(el.textContent) === words || el.value === words);
}

// The first locator that has a match wins; a visible match wins over a hidden one of the same locator.
function find(run, name, hiddenToo) {
  const locators = run.elements[name] || [];
  for (let i = 0; i < locators.length; i++) {
    const found = all(locators[i]);
    const el = found.find(shown) || (hiddenToo ? found[0] : undefined);
    if (el) {
      run.out.matched[name] = i;
      return el;
    }
  }
  return null;
}

function stop(kind, element, detail) {
  throw { gachno: true, kind, element: element || '', detail: detail || '' };
}

// ---- waiting -------------------------------------------------------------------------------------------------------

// Says something to the gate outside. Without a channel (a classic session) there is no gate to be told.
function tell(word) {
  if (typeof window.__gachnoTell === 'function') window.__gachnoTell(JSON.stringify(word));
}

// A form that loads a document: its request cannot be asked for its body while it is held, so the page tells it.
function tellForm(form, submitter) {
  try {
    const method = (submitter && submitter.formMethod) || form.method;
    if (String(method).toLowerCase() !== 'post') return;
    const data = new FormData(form);
    if (submitter && submitter.name) data.append(submitter.name, submitter.value);
    tell({ body: new URLSearchParams([...data].filter(([, value]) => typeof value === 'string')).toString() });
  } catch (unreadable) {
    // Untold: the gate then lets nothing through.
  }
}

function hookRequests() {
  if (window.__gachnoRequests) return;
  const count = (window.__gachnoRequests = { open: 0, answers: null, ended: new EventTarget() });
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...rest) {
    count.open++;
    this.addEventListener('loadend', () => {
      if (count.answers && (this.responseType === '' || this.responseType === 'text')) count.answers.push(this.responseText.slice(0, ANSWER_MAX));
      setTimeout(() => {
        count.open--;
        count.ended.dispatchEvent(new Event('answer'));
      }, 0);
    }, { once: true });
    return send.apply(this, rest);
  };
  window.addEventListener('submit', (event) => tellForm(event.target, event.submitter), true);
  const submit = HTMLFormElement.prototype.submit;
  HTMLFormElement.prototype.submit = function () {
    tellForm(this);
    return submit.apply(this);
  };
  window.addEventListener('beforeunload', () => (count.leaving = true));
}

function quiet() {
  if (document.readyState === 'loading' || window.__gachnoRequests.leaving) return false;
  const ended = performance.timing.domContentLoadedEventEnd;
  const age = ended === 0 ? -1 : Date.now() - ended;
  if (age < AFTER_READY_MS) return false;
  const framework = window.PrimeFaces;
  if (!framework || !framework.ajax || !framework.ajax.Queue) {
    // The framework is null while the view's root is replaced.
    if (age < PRIMEFACES_MAX_MS || window.__gachnoHadFramework) return false;
    return window.__gachnoRequests.open === 0;
  }
  window.__gachnoHadFramework = true;
  if (!framework.ajax.Queue.isEmpty() || framework.animationActive === true) return false;
  if (window.jQuery && window.jQuery.active > 0) return false;
  return window.__gachnoRequests.open === 0;
}

// Looking every few milliseconds through a whole answer would cost a login a tenth of a core.
function moment() {
  const requests = window.__gachnoRequests;
  if (requests.open === 0) return delay(TICK_MS);
  return new Promise((done) => {
    const timer = setTimeout(done, REQUEST_MS);
    requests.ended.addEventListener('answer', () => {
      clearTimeout(timer);
      done();
    }, { once: true });
  });
}

async function idle(run, name) {
  const end = Date.now() + run.answerMs;
  for (let calm = 0; ; ) {
    calm = quiet() ? calm + 1 : 0;
    if (calm === 2) return;
    if (Date.now() > end) stop('timeout', name, 'queue');
    await moment();
  }
}

async function until(run, name, test, limitMs) {
  const end = Date.now() + limitMs;
  for (;;) {
    const result = test();
    if (result) return result;
    if (Date.now() > end) return null;
    await delay(TICK_MS);
  }
}

// ---- what an earlier job left --------------------------------------------------------------------------------------

// An element that still says what it said when it was remembered: an answer since then brings another one.
function remember(el) {
  el.__gachnoSaid = squeezed(el.textContent);
}

function isOld(el) {
  return el.__gachnoSaid !== undefined && el.__gachnoSaid === squeezed(el.textContent);
}

const MONEY = /^[0-9][0-9.,]*\s?(vnd|vnđ|đ|đồng)$/i;

// Amounts of money that stand alone in an element, outside of the frame. By the page's texts: most of its elements have
// none that begins like one.
function amounts() {
  const found = new Set();
  const walker = document.createTreeWalker(document.body || document, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (!/^\s*[0-9]/.test(walker.currentNode.data) || !el || el.children.length || !MONEY.test(squeezed(el.textContent))) continue;
    if (el.closest('form') && shown(el) && !el.closest('.dl-info, .ui-dialog, .ui-messages, [id$="tranAmountId"]')) found.add(el);
  }
  return [...found];
}

// ---- acting --------------------------------------------------------------------------------------------------------

function expired(run) {
  return shown(find(run, 'frame.expired_dialog')) || shown(find(run, 'login.user'));
}

// An element below a modal overlay cannot be reached by a person, so it is not reached by us.
function covered(el) {
  const masks = [...document.querySelectorAll('body > .ui-widget-overlay, body > .ui-dialog-mask')].filter(shown);
  if (masks.length === 0) return false;
  if (el.closest('.ui-selectonemenu-panel')) return false;
  const dialog = el.closest('.ui-dialog');
  if (!dialog) return true;
  const level = (node) => parseInt(getComputedStyle(node).zIndex, 10) || 0;
  return masks.some((mask) => level(mask) > level(dialog));
}

async function reachable(run, name, limitMs) {
  const el = await until(run, name, () => {
    const candidate = find(run, name);
    return candidate && !covered(candidate) && !candidate.disabled ? candidate : null;
  }, limitMs);
  if (el) return el;
  if (expired(run)) stop('expired', name);
  const candidate = find(run, name, true);
  if (!candidate) stop('missing', name);
  stop(candidate.disabled ? 'disabled' : shown(candidate) ? 'covered' : 'hidden', name);
}

function fire(el, type, Kind, init) {
  el.dispatchEvent(new Kind(type, Object.assign({ bubbles: true, cancelable: true, view: window }, init)));
}

function click(el) {
  el.scrollIntoView({ block: 'center', inline: 'nearest' });
  for (const type of ['mouseover', 'mouseenter', 'mousedown']) fire(el, type, MouseEvent, { button: 0 });
  if (el.focus && el.matches('button, input, select, textarea, a, [tabindex]')) el.focus({ preventScroll: true });
  fire(el, 'mouseup', MouseEvent, { button: 0 });
  el.click();
}

function type(el, value) {
  el.focus({ preventScroll: true });
  const key = value.slice(-1) || 'Backspace';
  fire(el, 'keydown', KeyboardEvent, { key });
  const proto = el instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
  Object.getOwnPropertyDescriptor(proto, 'value').set.call(el, value);
  fire(el, 'input', InputEvent, { inputType: 'insertText', data: value });
  fire(el, 'keyup', KeyboardEvent, { key });
  fire(el, 'change', Event, {});
}

// Leaves the field as Tab does. The browser sends `blur` by itself only where the field really had the focus.
function leave(el) {
  let left = false;
  el.addEventListener('blur', () => (left = true), { once: true });
  fire(el, 'keydown', KeyboardEvent, { key: 'Tab', code: 'Tab', keyCode: 9, which: 9 });
  el.blur();
  if (!left) {
    fire(el, 'blur', FocusEvent, { bubbles: false });
    fire(el, 'focusout', FocusEvent, {});
  }
}

// What is typed into this field is not to be seen, in a picture neither. A style, because elements are replaced.
function veil(run, name) {
  const id = `gachno-${name.replace(/[^a-z]/g, '-')}`;
  if (document.getElementById(id)) return;
  const style = document.createElement('style');
  style.id = id;
  const fields = (run.elements[name] || []).filter((locator) => !locator.includes(' >> ')).join(', ');
  style.textContent = `${fields} { -webkit-text-security: disc !important; color: transparent !important; }`;
  document.head.appendChild(style);
}

// Is this item of a menu the one that the form sends? A click on it would change nothing.
function isChosen(item, label) {
  if (!item || label === '' || squeezed(item.textContent) !== label) return false;
  const select = document.getElementById(item.id.replace(/_\d+$/, '_input'));
  const option = select && select.options && select.options[select.selectedIndex];
  return !!option && squeezed(option.textContent) === label;
}

const digits = (text) => (text || '').replace(/[^0-9]/g, '');

const steps = {
  async ready(run) {
    await idle(run, 'page');
  },
  // The page as the last job left it, in the very document that it was left in. What that job typed is emptied, what it
  // was told is remembered and not read again; a page with anything in front of it is not used.
  async reuse(run, op) {
    if (window.__gachnoDoc !== op.doc) stop('stale', 'page', 'document');
    if (!quiet()) await idle(run, 'page');
    run.kept = true;
    const inFront = () => [...document.querySelectorAll('.ui-dialog, .ui-widget-overlay, .ui-dialog-mask')].some(shown);
    if (!(await until(run, 'page', () => !inFront(), FADE_MS))) stop('stale', 'page', 'dialog');
    for (const el of op.fields.flatMap((name) => run.elements[name] || []).flatMap(all)) {
      const twin = document.getElementById(el.id.replace(/_input$/, '_hinput'));
      for (const field of [el, twin]) if (field && field.value) field.value = '';
    }
    for (const input of op.choices.flatMap((name) => run.elements[name] || []).flatMap(all)) {
      input.checked = false;
      (input.closest('.ui-button') || input.parentElement).classList.remove('ui-state-active');
    }
    op.told.flatMap((name) => run.elements[name] || []).flatMap(all).forEach(remember);
    amounts().forEach(remember);
    for (const summary of summaries(run)) summary.__gachnoOld = true;
  },
  async idle(run) {
    await idle(run, 'page');
  },
  async click(run, op) {
    if (op.optional && !find(run, op.on)) return;
    click(await reachable(run, op.on, run.patienceMs));
    await idle(run, op.on);
  },
  // `secret` values are compared here and never leave the page.
  async fill(run, op) {
    if (op.optional && !find(run, op.on)) return;
    const el = await reachable(run, op.on, run.patienceMs);
    if (op.secret) veil(run, op.on);
    type(el, op.value);
    if (op.leave) leave(el);
    // The queue takes a request in the very event that asks for it: a field without one needs no waiting.
    if (op.leave || !quiet()) await idle(run, op.on);
    const again = find(run, op.on, true);
    const same = (a, b) => a === b || (op.number && digits(a) === digits(b) && digits(b) !== '');
    // A field that is replaced and emptied by its own look-up is read before that, the others after.
    const now = again ? again.value : el.value;
    if (!same(now, op.value) && !same(el.value, op.value)) stop('readback', op.on, op.secret ? '' : now);
    if (op.number) {
      const hidden = document.getElementById((again || el).id.replace(/_input$/, '_hinput'));
      if (hidden && digits(hidden.value) !== digits(op.value)) stop('readback', op.on, hidden.value);
      if (hidden && /[.,]\d{1,2}$/.test(hidden.value) && Number(hidden.value) !== Number(op.value)) stop('readback', op.on, hidden.value);
    }
  },
  async radio(run, op) {
    const input = await until(run, op.input, () => find(run, op.input, true), run.patienceMs);
    if (!input) stop('missing', op.input);
    if (!input.checked) {
      click(await reachable(run, op.on, run.patienceMs));
      await idle(run, op.on);
    }
    const now = find(run, op.input, true);
    if (!now || !now.checked) stop('readback', op.input);
  },
  // A button group: a second click on the active one would deselect it, so look before clicking.
  async toggle(run, op) {
    const box = () => {
      const input = find(run, op.input, true);
      return input && (input.closest('.ui-button') || input.parentElement);
    };
    if (!(await until(run, op.input, box, run.patienceMs))) stop('missing', op.input);
    const words = squeezed(box().textContent);
    if (op.amount && digits(words) !== '' && digits(words) !== digits(op.amount)) stop('readback', op.input, words);
    const active = () => box().classList.contains('ui-state-active');
    // Chosen before this job: the question has to name the amount.
    if (run.kept && active()) run.out.reads[op.as] = 'kept';
    if (!active()) {
      if (covered(box())) stop('covered', op.input);
      click(box());
      await idle(run, op.input);
    }
    if (!(await until(run, op.input, () => box() && active(), run.patienceMs))) stop('readback', op.input);
    const group = box().parentElement;
    if (group && group.querySelectorAll(':scope > .ui-state-active').length > 1) stop('readback', op.input, 'several');
    const picked = find(run, op.input, true);
    run.out.picked = { name: picked.name, value: picked.value };
  },
  // The panel fades in and takes no click before it is there. Choosing is free of consequences, so it is tried until
  // the label says what the item says.
  async menu(run, op) {
    const item = () => find(run, op.item);
    const label = () => { const el = find(run, op.on, true); return el ? squeezed(el.textContent) : ''; };
    if (isChosen(find(run, op.item, true), label())) return;
    if (!item()) click(await reachable(run, op.on, run.patienceMs));
    const el = await until(run, op.item, item, run.patienceMs);
    if (!el) stop(find(run, op.item, true) ? 'hidden' : 'missing', op.item);
    const words = squeezed(el.textContent);
    const panel = el.closest('.ui-selectonemenu-panel');
    const faded = () => !panel || (getComputedStyle(panel).opacity === '1' && !(panel.getAnimations && panel.getAnimations().length));
    await until(run, op.item, faded, run.patienceMs);
    const taken = await until(run, op.item, () => {
      const still = item();
      if (still) click(still);
      return label() === words || (!still && label() === '');
    }, run.patienceMs);
    await idle(run, op.item);
    if (!taken) stop('readback', op.on, label());
  },
  async when_shown(run, op) {
    if (!shown(find(run, op.element))) return;
    for (const inner of op.then) await steps[inner.op](run, inner);
    if (op.gone && !(await until(run, op.element, () => !shown(find(run, op.element)), run.patienceMs))) stop('stays', op.element);
  },
  // One of these elements, or a message, or a lost session.
  async await_any(run, op) {
    if (op.confirm) run.confirm = op.confirm;
    const news = () => summaries(run).some((summary) => summary.__gachnoSeenBy !== id);
    await until(run, op.elements[0], () => op.elements.some((e) => find(run, e)) || news() || expired(run), op.ms || run.answerMs);
  },
  async read(run, op) {
    const el = find(run, op.on, true);
    run.out.reads[op.as] = !el || isOld(el) ? null : op.what === 'value' ? el.value : squeezed(el.innerText || el.textContent);
  },
  // Amounts that stand alone in an element, outside the frame: the nearest match where a numbered id has moved.
  async money(run, op) {
    const found = amounts().filter((el) => !isOld(el)).map((el) => squeezed(el.textContent));
    run.out.reads[op.as] = [...new Set(found)].join('\n');
  },
  async cards(run, op) {
    const locators = run.elements[op.on] || [];
    const boxes = locators.map((l) => all(l).filter((el) => shown(el) && !isOld(el))).find((found) => found.length > 0) || [];
    run.out.cards = boxes.map((box) => {
      const lines = {};
      for (const row of box.querySelectorAll('.row')) {
        const label = row.querySelector('label');
        const value = row.querySelector('p');
        if (label && value) lines[squeezed(label.textContent)] = squeezed(value.textContent);
      }
      const button = [...box.querySelectorAll('button, input[type=submit]')].find((b) => new RegExp(op.button).test(b.id));
      return { lines, button: button ? button.id : null };
    });
  },
  async click_id(run, op) {
    const el = document.getElementById(op.id);
    if (!el) stop('missing', op.on, op.id);
    if (!shown(el) || covered(el) || el.disabled) stop(covered(el) ? 'covered' : 'hidden', op.on, op.id);
    click(el);
    await idle(run, op.on);
  },
  async links(run, op) {
    const wanted = new RegExp(op.words, 'i');
    const links = [...document.querySelectorAll('a[href]')].filter((a) => wanted.test(squeezed(a.textContent)));
    run.out.links = [...new Set(links.map((a) => a.href).filter((href) => href.startsWith(location.origin)))];
  },
  // The table whose header has these words, row by row, and the ways to its further pages.
  async table(run, op) {
    const fits = (words, text) => words.some((word) => text.includes(word));
    for (const table of document.querySelectorAll('table')) {
      const heads = [...table.querySelectorAll('th')].map((th) => squeezed(th.textContent).toLowerCase());
      const column = {};
      for (const [name, words] of Object.entries(op.columns)) column[name] = heads.findIndex((head) => fits(words, head));
      if (column.account < 0 || column.amount < 0) continue;
      const rows = [...table.querySelectorAll('tr')].map((tr) => [...tr.querySelectorAll('td')]).filter((cells) => cells.length >= heads.length);
      const cell = (cells, at) => (at < 0 || !cells[at] ? '' : squeezed(cells[at].textContent));
      const links = [...document.querySelectorAll('a[href]')].filter((a) => a.pathname === location.pathname && /^([0-9]+|»|>|sau|tiếp|next)$/i.test(squeezed(a.textContent)));
      run.out.table = {
        rows: rows.map((cells) => ({ transaction: cell(cells, column.transaction), account: cell(cells, column.account), amount: cell(cells, column.amount) })),
        pages: [...new Set(links.map((a) => a.href))],
        more: !!document.querySelector('.ui-paginator-next:not(.ui-state-disabled)'),
      };
      return;
    }
  },
  // Which locators match, and everything else that could be meant. Only looks.
  async survey(run, op) {
    const found = {};
    const taken = new Set();
    for (const name of op.names) {
      const el = find(run, name, true);
      if (!el) continue;
      found[name] = { locator: run.out.matched[name], shown: shown(el) };
      taken.add(el);
    }
    const candidates = [];
    for (const el of document.querySelectorAll('input, button, select, textarea, a[id], label, span[id], div[id], table[id]')) {
      if (candidates.length >= 600) break;
      if (el.type === 'hidden' || taken.has(el) || (el.id === '' && !el.matches('button, label'))) continue;
      candidates.push({ id: el.id, is: shape(el), words: called(el).replace(/[0-9]/g, '0'), shown: shown(el) });
    }
    run.out.survey = { found, candidates, html: masked() };
  },
  // The one click that moves money. The latch lets one click an attempt through, whatever is sent again from outside.
  async press(run, op) {
    run.confirm = op.on;
    const pressed = (window.__gachnoPressed = window.__gachnoPressed || {});
    if (pressed[op.attempt]) stop('latched', op.on);
    const el = find(run, op.on);
    if (!el) stop('missing', op.on);
    if (el.disabled || covered(el)) stop('covered', op.on);
    if (dialogText(run) !== op.dialog) stop('changed', op.on, dialogText(run));
    for (const summary of summaries(run)) summary.__gachnoOld = true;
    (run.elements['frame.receipt'] || []).flatMap(all).forEach(remember);
    pressed[op.attempt] = true;
    run.out.pressed = true;
    const requests = window.__gachnoRequests;
    requests.answers = [];
    tell({ attempt: op.attempt, view: view(el) });
    click(el);
    await idle(run, op.on);
    run.out.answered = { messages: messages(run).filter((m) => !m.old), receipt: receipt(run), raw: requests.answers[0] || '' };
    requests.answers = null;
  },
  // The balance counts as read again only where the portal really sent it: its label is then a new element.
  async refresh_balance(run) {
    const button = find(run, 'frame.balance_refresh', true);
    const before = find(run, 'frame.balance', true);
    if (!button || expired(run)) return;
    button.click();
    await idle(run, 'frame.balance_refresh');
    const after = find(run, 'frame.balance', true);
    run.out.refreshed = !!after && after !== before && squeezed(after.textContent) !== '';
  },
};

// ---- reading -------------------------------------------------------------------------------------------------------

const SEVERITIES = ['fatal', 'error', 'warn', 'info'];

function summaries(run) {
  const found = new Set();
  for (const locator of run.elements['frame.messages'] || []) {
    for (const box of all(locator)) {
      for (const severity of SEVERITIES) box.querySelectorAll(`.ui-messages-${severity}-summary`).forEach((el) => found.add(el));
    }
  }
  return [...found];
}

function messages(run) {
  return summaries(run).map((summary) => {
    const severity = SEVERITIES.find((s) => summary.classList.contains(`ui-messages-${s}-summary`));
    const detail = (summary.closest('li') || summary.parentElement).querySelector(`.ui-messages-${severity}-detail`);
    const text = squeezed(summary.textContent);
    const more = detail ? squeezed(detail.textContent) : '';
    return { severity, text: more && more !== text ? `${text} ${more}`.trim() : text, old: summary.__gachnoOld === true };
  }).filter((message) => message.text !== '');
}

// What an element is to a person, as the map names it.
function shape(el) {
  if (el.matches('input[type=radio], input[type=checkbox]')) return 'radio';
  if (el.matches('button, a, input[type=button], input[type=submit]')) return 'button';
  if (el.matches('input, select, textarea')) return 'text';
  return el.matches('label, span') ? 'label' : 'box';
}

// The portal's own words on an element or beside it, never what somebody typed.
function called(el) {
  if (el.matches('button, label, a, span')) return squeezed(el.textContent).slice(0, 60);
  const label = el.id && document.querySelector(`label[for="${CSS.escape(el.id)}"]`);
  const beside = el.matches('input, select, textarea') && el.parentElement && el.parentElement.querySelector('label');
  return squeezed((label && label.textContent) || el.placeholder || el.title || (beside && beside.textContent) || '').slice(0, 60);
}

// The page's HTML for support: its structure whole, every personal word and number in it gone.
function masked() {
  const copy = document.documentElement.cloneNode(true);
  copy.querySelectorAll('script, style').forEach((el) => el.remove());
  const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    // Labels, buttons, headings and menus are the portal's own words; everything else may be somebody's.
    const own = node.parentElement && node.parentElement.closest('label, button, th, h1, h2, h3, h4, a, option, legend');
    const inFrame = node.parentElement && node.parentElement.closest('.dl-info');
    node.textContent = own && !inFrame ? node.textContent.replace(/[0-9]/g, '0') : node.textContent.replace(/[0-9]/g, '0').replace(/\p{L}/gu, 'x');
  }
  for (const el of copy.querySelectorAll('[value], [src], [title], [alt], [data-label]')) {
    for (const name of ['value', 'src', 'title', 'alt', 'data-label']) {
      if (el.hasAttribute(name) && !(name === 'value' && el.matches('[type=radio], [type=button], [type=submit], option'))) {
        el.setAttribute(name, el.getAttribute(name).replace(/[0-9]/g, '0').replace(/\p{L}/gu, 'x'));
      }
    }
  }
  return `<!doctype html>\n${copy.outerHTML}`;
}

// The view that the element's form belongs to.
function view(el) {
  const field = ((el && el.form) || document).querySelector('[name="javax.faces.ViewState"]');
  return field ? field.value : null;
}

function receipt(run) {
  const el = find(run, 'frame.receipt', true);
  return el && !isOld(el) ? squeezed(el.innerText || el.textContent) : '';
}

// The question that is about to be confirmed: the confirm dialog, or whatever dialog holds the paying button. `null`
// where nothing can be confirmed.
function dialogText(run) {
  const button = run.confirm && find(run, run.confirm);
  const dialog = find(run, 'frame.confirm_dialog') || (button && button.closest('.ui-dialog'));
  if (!dialog) return button ? '' : null;
  const message = dialog && dialog.querySelector('.ui-confirm-dialog-message');
  return squeezed(message ? message.textContent : dialog.textContent);
}

function snapshot(run) {
  const text = (name) => {
    const el = find(run, name, true);
    return el ? squeezed(el.textContent) : null;
  };
  return Object.assign(run.out, {
    url: location.href,
    doc: window.__gachnoDoc,
    agent: text('frame.agent'),
    // On a page that was kept it is of an earlier time, unless it was asked for anew.
    balance: run.kept && !run.out.refreshed ? null : text('frame.balance'),
    messages: messages(run).filter((message) => !message.old),
    login: shown(find(run, 'login.user')),
    captcha: shown(find(run, 'login.captcha')),
    otp: shown(find(run, 'login.otp')),
    expired: shown(find(run, 'frame.expired_dialog')),
    dialog: dialogText(run),
  });
}

// ---- running -------------------------------------------------------------------------------------------------------

// ChromeDriver runs a script again by itself, up to three times, when a navigation cuts it short: in the new document.
// So a program starts once: in this document (`__gachnoRun`), in this tab (`sessionStorage`), and one that presses the
// paying button only in the very document whose dialog was read (`doc`).
function startedElsewhere() {
  if (program.doc && program.doc !== window.__gachnoDoc) return true;
  try {
    if (sessionStorage.getItem('gachno') === id) return true;
    sessionStorage.setItem('gachno', id);
  } catch (unavailable) {
    // A page without storage (the browser's own error page): nothing there can be acted on.
  }
  return false;
}

hookRequests();
window.__gachnoDoc = window.__gachnoDoc || `${Date.now()}-${Math.random()}`;
const isRunning = window.__gachnoRun && window.__gachnoRun.id === id;
if (program && !isRunning && !startedElsewhere()) {
  const run = Object.assign({}, program, { kept: false, out: { matched: {}, reads: {}, picked: null, cards: [], links: [], table: null, survey: null, pressed: false, refreshed: false, answered: null, step: 0, error: null } });
  const state = (window.__gachnoRun = { id, result: null, ended: null });
  state.ended = new Promise((done) => (state.end = done));
  for (const summary of summaries(run)) summary.__gachnoSeenBy = id;
  (async () => {
    try {
      for (const op of run.steps) {
        if (expired(run) && op.op !== 'ready' && !run.onLogin) stop('expired', op.on || op.op);
        await steps[op.op](run, op);
        run.out.step++;
      }
    } catch (fault) {
      run.out.error = fault && fault.gachno
        ? { kind: fault.kind, element: fault.element, detail: fault.detail }
        : { kind: 'script', element: '', detail: String(fault && fault.message) };
    }
    state.result = snapshot(run);
    state.end();
  })();
}
(async () => {
  const state = window.__gachnoRun;
  if (!state || state.id !== id) return answer({ gone: true });
  if (!state.result) await Promise.race([state.ended, delay(budgetMs)]);
  answer(state.result || { running: true });
})();

// How the portal's pages behave in the browser: a small imitation of PrimeFaces 6.2, written for the simulator.
(function () {
  'use strict';
  const byId = (id) => document.getElementById(id);
  const settings = window.SANDBOX || { fadeMs: 120, overlayStays: false };

  // ---- Widgets -----------------------------------------------------------------------------------------------------
  const widgets = {};
  window.PF = (name) => widgets[name];

  class Dialog {
    constructor(id) {
      this.id = id;
    }
    el() {
      return byId(this.id);
    }
    show() {
      const el = this.el();
      if (!el || el.getAttribute('aria-hidden') === 'false') return;
      Dialog.level += 2;
      el.style.display = 'block';
      el.style.zIndex = Dialog.level;
      el.setAttribute('aria-hidden', 'false');
      const mask = document.createElement('div');
      mask.id = `${this.id}_modal`;
      mask.className = 'ui-widget-overlay ui-dialog-mask';
      mask.style.zIndex = Dialog.level - 1;
      document.body.appendChild(mask);
      const first = el.querySelector('button, input:not([type=hidden])');
      if (first) first.focus();
    }
    hide() {
      const el = this.el();
      if (el) {
        el.style.display = 'none';
        el.setAttribute('aria-hidden', 'true');
      }
      const mask = byId(`${this.id}_modal`);
      if (mask) mask.remove();
    }
    isVisible() {
      const el = this.el();
      return !!el && el.getAttribute('aria-hidden') === 'false';
    }
  }
  Dialog.level = 1000;

  function topDialog() {
    return Object.values(widgets).filter((w) => w instanceof Dialog && w.isVisible()).sort((a, b) => b.el().style.zIndex - a.el().style.zIndex)[0];
  }
  // While a modal dialog is open, the mouse and the focus stay in it.
  for (const type of ['mousedown', 'focusin']) {
    document.addEventListener(type, (event) => {
      const dialog = topDialog();
      if (!dialog || dialog.el().contains(event.target) || event.target.closest('.ui-selectonemenu-panel')) return;
      if (type === 'mousedown') event.preventDefault();
    }, true);
  }

  class SelectOneMenu {
    constructor(id) {
      this.id = id;
      const root = byId(id);
      const old = document.querySelector(`body > [id="${id}_panel"]`);
      if (old) old.remove();
      this.panel = byId(`${id}_panel`);
      document.body.appendChild(this.panel);
      [...this.panel.querySelectorAll('li')].forEach((item, i) => {
        item.id = `${id}_${i}`;
        item.addEventListener('click', () => this.choose(i));
      });
      for (const trigger of [byId(`${id}_label`), root.querySelector('.ui-selectonemenu-trigger')]) {
        trigger.addEventListener('click', () => (this.panel.style.display === 'none' ? this.show() : this.hide()));
      }
      document.addEventListener('mousedown', (event) => {
        if (!this.panel.contains(event.target) && !root.contains(event.target)) this.hide();
      });
    }
    show() {
      this.panel.style.display = 'block';
      this.panel.style.zIndex = ++Dialog.level;
      this.panel.style.pointerEvents = 'none';
      this.open = false;
      const fade = this.panel.animate([{ opacity: 0 }, { opacity: 1 }], { duration: settings.fadeMs });
      fade.onfinish = () => {
        this.open = true;
        this.panel.style.pointerEvents = '';
      };
    }
    hide() {
      this.panel.style.display = 'none';
    }
    choose(i) {
      if (!this.open || this.panel.style.display === 'none') return;
      const select = byId(`${this.id}_input`);
      byId(`${this.id}_label`).textContent = select.options[i].text;
      if (select.selectedIndex !== i) {
        select.selectedIndex = i;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }
      this.hide();
    }
  }

  function radioInit(id) {
    for (const input of document.querySelectorAll(`input[name="${id}"]`)) {
      const box = input.closest('.ui-radiobutton').querySelector('.ui-radiobutton-box');
      const pick = () => {
        if (input.checked) return;
        input.checked = true;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      };
      box.addEventListener('click', pick);
      const label = document.querySelector(`label[for="${input.id}"]`);
      label.addEventListener('click', (event) => {
        event.preventDefault();
        pick();
      });
    }
  }

  function buttonGroupInit(id) {
    const buttons = [...byId(id).querySelectorAll('.ui-button')];
    for (const button of buttons) {
      button.addEventListener('click', () => {
        const input = button.querySelector('input');
        const wasActive = button.classList.contains('ui-state-active');
        for (const other of buttons) {
          other.classList.remove('ui-state-active');
          other.querySelector('input').checked = false;
        }
        if (!wasActive) {
          button.classList.add('ui-state-active');
          input.checked = true;
        }
        const asks = byId(id).dataset.asks;
        if (asks) PrimeFaces.ab(JSON.parse(asks));
      });
    }
  }

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, settings.group || '.');
  function inputNumberInit(id) {
    const visible = byId(`${id}_input`);
    const hidden = byId(`${id}_hinput`);
    const copy = () => (hidden.value = visible.value.replace(/[^0-9]/g, ''));
    visible.addEventListener('keydown', copy);
    visible.addEventListener('keyup', copy);
    visible.addEventListener('change', () => {
      copy();
      visible.value = grouped(hidden.value);
    });
  }

  function checkboxInit(id) {
    byId(id).querySelector('.ui-chkbox-box').addEventListener('click', () => {
      const input = byId(`${id}_input`);
      input.checked = !input.checked;
    });
  }

  const makers = { Dialog: (id) => new Dialog(id), SelectOneMenu: (id) => new SelectOneMenu(id), Radio: radioInit, ButtonGroup: buttonGroupInit, InputNumber: inputNumberInit, Checkbox: checkboxInit };
  function initWidgets(root) {
    const all = [...root.querySelectorAll('[data-widget]')];
    if (root.matches && root.matches('[data-widget]')) all.push(root);
    for (const el of all) {
      const widget = makers[el.dataset.widget](el.id);
      widgets[el.id.split(':').pop()] = widget;
    }
    for (const input of root.querySelectorAll('input[id$=":contractCode"]')) {
      const strip = () => (input.value = input.value.replace(/\s+/g, ''));
      for (const type of ['keydown', 'keyup', 'blur']) input.addEventListener(type, strip);
    }
  }

  // ---- Requests ----------------------------------------------------------------------------------------------------
  const Queue = {
    requests: [],
    xhrs: [],
    isEmpty() {
      return this.requests.length === 0;
    },
    offer(request) {
      this.requests.push(request);
      if (this.requests.length === 1) send(request);
    },
    poll() {
      this.requests.shift();
      if (this.requests.length > 0) send(this.requests[0]);
    },
  };

  function expressionIds(expression, form) {
    const ids = [];
    for (const part of (expression || '').split(/\s+/).filter(Boolean)) {
      const suffix = /^@\(\[id\$=(.+)\]\)$/.exec(part);
      if (part === '@all' || part === '@none') ids.push(part);
      else if (part === '@form') ids.push(form.id);
      else if (suffix) document.querySelectorAll(`[id$="${suffix[1]}"]`).forEach((el) => ids.push(el.id));
      else if (byId(part)) ids.push(part);
    }
    return [...new Set(ids)];
  }

  function send(request) {
    const { cfg } = request;
    const source = byId(cfg.s);
    const form = source ? source.closest('form') : document.querySelector('form');
    const body = new URLSearchParams();
    body.set('javax.faces.partial.ajax', 'true');
    body.set('javax.faces.source', cfg.s);
    body.set('javax.faces.partial.execute', cfg.p ? expressionIds(cfg.p, form).join(' ') : '@all');
    const render = expressionIds(cfg.u, form);
    if (render.length > 0) body.set('javax.faces.partial.render', render.join(' '));
    if (cfg.e) {
      body.set('javax.faces.behavior.event', cfg.e);
      body.set('javax.faces.partial.event', cfg.e);
    } else {
      body.set(cfg.s, cfg.s);
    }
    for (const [name, value] of new FormData(form)) body.append(name, value);
    status(true);
    const xhr = new XMLHttpRequest();
    Queue.xhrs.push(xhr);
    window.jQuery.active++;
    xhr.open('POST', form.getAttribute('action'));
    xhr.setRequestHeader('Faces-Request', 'partial/ajax');
    xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8');
    xhr.onloadend = () => {
      window.jQuery.active--;
      let leaves = false;
      const xml = xhr.status === 200 ? xhr.responseXML : null;
      if (xml && xml.documentElement.nodeName === 'partial-response') {
        leaves = apply(xml, form);
        Queue.xhrs.splice(Queue.xhrs.indexOf(xhr), 1);
      }
      if (leaves) return; // the browser is on its way to another page
      for (const made of Object.values(window.WEIGHT || {})) if (made.answered) made.answered();
      if (cfg.oncomplete) cfg.oncomplete();
      status(false);
      Queue.poll();
    };
    xhr.send(body);
  }

  function apply(xml, form) {
    const redirect = xml.querySelector('redirect');
    if (redirect) {
      window.location.href = redirect.getAttribute('url');
      return true;
    }
    if (xml.querySelector('error')) return false; // ignored, without a word
    for (const update of xml.querySelectorAll('update')) {
      const id = update.getAttribute('id');
      if (id.includes('javax.faces.ViewState')) {
        viewState(update.textContent);
        continue;
      }
      const old = byId(id);
      if (!old) continue;
      const holder = document.createElement('div');
      holder.innerHTML = update.textContent;
      const fresh = holder.firstElementChild;
      old.replaceWith(fresh);
      initWidgets(fresh);
    }
    for (const script of xml.querySelectorAll('eval')) new Function(script.textContent)();
    return false;
  }

  // By name: an update of the whole form brings none, and the new one has no id.
  function viewState(value) {
    for (const form of document.querySelectorAll('form')) {
      const field = form.querySelector('input[name="javax.faces.ViewState"]');
      if (field) {
        field.value = value;
        continue;
      }
      const fresh = document.createElement('input');
      fresh.type = 'hidden';
      fresh.name = 'javax.faces.ViewState';
      fresh.value = value;
      form.appendChild(fresh);
    }
  }

  function status(start) {
    const loading = widgets[settings.loading];
    if (!loading) return;
    if (start) loading.show();
    else if (!(window.SANDBOX && window.SANDBOX.overlayStays)) loading.hide();
  }

  window.jQuery = window.$ = { active: 0 };
  window.PrimeFaces = {
    ajax: { Queue },
    animationActive: false,
    ab(cfg) {
      Queue.offer({ cfg });
      return false;
    },
    confirm(id, message) {
      byId(id).querySelector('.ui-confirm-dialog-message').textContent = message;
      widgets[id.split(':').pop()].show();
    },
    reloadCaptcha() {
      const image = byId('imgCaptcha');
      if (image) image.src = `/captcha.png?${Math.random()}`;
    },
  };
  window.onAjax = false;

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || window.onAjax) return;
    event.preventDefault();
    const dialog = document.querySelector('[id$=":dlgConfirm"]');
    if (dialog && dialog.style.display === 'block') {
      const focused = dialog.querySelector('.ui-state-focus');
      if (focused) focused.click();
    }
  });
  document.addEventListener('DOMContentLoaded', () => {
    initWidgets(document);
    setTimeout(() => {
      const update = document.querySelector('[id$=":updateId"]');
      if (update) update.click();
    }, 1);
  });
})();

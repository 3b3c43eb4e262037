// The projection: points on a canvas, and a legend to search and to choose from.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("points").textContent);
  const place = document.getElementById("projection");
  const canvas = document.getElementById("dots");
  const overlay = document.getElementById("overlay");
  const tip = document.getElementById("tip");
  const list = document.getElementById("labels");
  const search = document.getElementById("search");
  const margin = { left: 48, right: 10, top: 10, bottom: 40 };
  const shown = data.labels.map(() => true);
  const members = data.labels.map(() => []);
  data.label.forEach((label, n) => members[label].push(n));
  let marked = null; // The label that is pointed at.
  let view, width, height;

  const range = (values) => {
    let low = Infinity, high = -Infinity;
    for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
    const room = (high - low) * 0.04 || 1;
    return [low - room, high + room];
  };
  const whole = { x: range(data.x), y: range(data.y) };
  const reset = () => { view = { x: [...whole.x], y: [...whole.y] }; };

  const right = (x) => margin.left
    + (x - view.x[0]) / (view.x[1] - view.x[0]) * (width - margin.left - margin.right);
  const down = (y) => height - margin.bottom
    - (y - view.y[0]) / (view.y[1] - view.y[0]) * (height - margin.top - margin.bottom);
  const colour = (name) => getComputedStyle(place).getPropertyValue(name);

  const prepare = (target) => {
    const ratio = window.devicePixelRatio || 1;
    if (target.width !== Math.round(width * ratio)
        || target.height !== Math.round(height * ratio)) {
      target.width = Math.round(width * ratio);
      target.height = Math.round(height * ratio);
    }
    const pen = target.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  };

  const ticks = ([low, high]) => {
    const raw = (high - low) / 6, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((n) => raw <= n * power);
    const found = [];
    for (let n = Math.ceil(low / step); n * step <= high; n += 1) {
      found.push(Number((n * step).toPrecision(6)));
    }
    return found;
  };

  const axes = (pen) => {
    pen.font = "12px system-ui, sans-serif";
    pen.strokeStyle = colour("--line");
    pen.fillStyle = colour("--soft");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.textAlign = "center";
    for (const x of ticks(view.x)) {
      pen.moveTo(right(x), margin.top); pen.lineTo(right(x), height - margin.bottom);
      pen.fillText(String(x), right(x), height - margin.bottom + 16);
    }
    pen.textAlign = "right";
    for (const y of ticks(view.y)) {
      pen.moveTo(margin.left, down(y)); pen.lineTo(width - margin.right, down(y));
      pen.fillText(String(y), margin.left - 6, down(y) + 4);
    }
    pen.stroke();
    pen.textAlign = "center";
    pen.fillText("component 1", (width + margin.left) / 2, height - 6);
    pen.save();
    pen.translate(11, (height - margin.bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText("component 2", 0, 0);
    pen.restore();
  };

  const clip = (pen) => {
    pen.beginPath();
    pen.rect(margin.left, margin.top,
      width - margin.left - margin.right, height - margin.top - margin.bottom);
    pen.clip();
  };

  const dots = (pen, label, radius) => {
    pen.fillStyle = data.colours[label];
    pen.beginPath();
    for (const n of members[label]) {
      const x = right(data.x[n]), y = down(data.y[n]);
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 7);
    }
    pen.fill();
  };

  const draw = () => {
    ({ width, height } = place.getBoundingClientRect());
    const pen = prepare(canvas);
    axes(pen);
    pen.save();
    clip(pen);
    pen.globalAlpha = 0.75;
    const radius = data.key.length > 5000 ? 2 : 3;
    data.labels.forEach((_, label) => { if (shown[label]) dots(pen, label, radius); });
    pen.restore();
    mark(null);
  };

  // What is pointed at: its label's points before all others, which fade.
  const mark = (label, point = null) => {
    const pen = prepare(overlay);
    canvas.style.opacity = label === null ? 1 : 0.25;
    marked = label;
    tip.hidden = point === null;
    if (label === null) return;
    pen.save();
    clip(pen);
    dots(pen, label, 4);
    if (point !== null) {
      pen.strokeStyle = colour("--ink");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(right(data.x[point]), down(data.y[point]), 6, 0, 7);
      pen.stroke();
    }
    pen.restore();
    if (point === null) return;
    // As text: a label can hold anything.
    tip.querySelector("b").textContent = named(label);
    tip.querySelector("span").textContent = data.key[point];
    const x = right(data.x[point]), y = down(data.y[point]);
    tip.style.left = `${Math.min(x + 12, Math.max(0, width - tip.offsetWidth))}px`;
    tip.style.top = `${y > height / 2 ? y - tip.offsetHeight - 10 : y + 12}px`;
  };

  const named = (label) => data.labels[label] || "(no label)";

  const nearest = (x, y) => {
    let best = null, least = 12 ** 2;
    for (let n = 0; n < data.key.length; n += 1) {
      if (!shown[data.label[n]]) continue;
      const distance = (right(data.x[n]) - x) ** 2 + (down(data.y[n]) - y) ** 2;
      if (distance < least) { least = distance; best = n; }
    }
    return best;
  };

  const zoom = (factor, x = (width + margin.left) / 2, y = height / 2) => {
    const shareX = (x - margin.left) / (width - margin.left - margin.right);
    const shareY = (height - margin.bottom - y) / (height - margin.top - margin.bottom);
    for (const [axis, share] of [["x", shareX], ["y", shareY]]) {
      const [low, high] = view[axis], centre = low + share * (high - low);
      view[axis] = [centre - (centre - low) * factor, centre + (high - centre) * factor];
    }
    redraw();
  };
  const pan = (x, y) => {
    const dx = x / (width - margin.left - margin.right) * (view.x[1] - view.x[0]);
    const dy = y / (height - margin.top - margin.bottom) * (view.y[1] - view.y[0]);
    view.x = view.x.map((v) => v - dx);
    view.y = view.y.map((v) => v + dy);
    redraw();
  };

  let waiting = false;
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  };

  let drag = null;
  const at = (event) => {
    const box = place.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  overlay.addEventListener("pointerdown", (event) => {
    drag = at(event);
    if (event.pointerType === "mouse") overlay.setPointerCapture(event.pointerId);
  });
  overlay.addEventListener("pointerup", () => { drag = null; });
  overlay.addEventListener("pointercancel", () => { drag = null; });
  overlay.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (drag && event.buttons) {
      pan(x - drag[0], y - drag[1]);
      drag = [x, y];
      return;
    }
    point(x, y);
  });
  const point = (x, y) => {
    const found = nearest(x, y);
    if (found !== null || marked !== null) {
      mark(found === null ? null : data.label[found], found);
    }
  };
  overlay.addEventListener("click", (event) => point(...at(event)));
  overlay.addEventListener("pointerleave", () => mark(null));
  overlay.addEventListener("dblclick", (event) => zoom(0.5, ...at(event)));
  // Scrolling the page goes on over the plot; with Ctrl, or pinched, it zooms.
  overlay.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, ...at(event));
  }, { passive: false });
  const keys = {
    "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25),
    0: () => { reset(); redraw(); },
    ArrowLeft: () => pan(40, 0), ArrowRight: () => pan(-40, 0),
    ArrowUp: () => pan(0, 40), ArrowDown: () => pan(0, -40),
  };
  overlay.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  const buttons = data.labels.map((_, label) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const swatch = document.createElement("i"), name = document.createElement("span");
    const count = document.createElement("small");
    swatch.style.background = data.colours[label];
    name.textContent = named(label);
    count.textContent = members[label].length.toLocaleString("en");
    button.append(swatch, name, count);
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => { show(label, !shown[label]); redraw(); });
    for (const event of ["pointerenter", "focus"]) {
      button.addEventListener(event, () => { if (shown[label]) mark(label); });
    }
    for (const event of ["pointerleave", "blur"]) {
      button.addEventListener(event, () => mark(null));
    }
    item.append(button);
    list.append(item);
    return button;
  });
  const show = (label, visible) => {
    shown[label] = visible;
    buttons[label].setAttribute("aria-pressed", String(visible));
  };
  const found = (label) => !buttons[label].parentNode.hidden;
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    data.labels.forEach((_, label) => {
      buttons[label].parentNode.hidden = !named(label).toLowerCase().includes(wanted);
    });
  });
  const tools = {
    all: () => data.labels.forEach((_, label) => { if (found(label)) show(label, true); }),
    none: () => data.labels.forEach((_, label) => { if (found(label)) show(label, false); }),
    only: () => data.labels.forEach((_, label) => show(label, found(label))),
    closer: () => zoom(0.7), farther: () => zoom(1 / 0.7), whole: reset,
  };
  for (const [name, act] of Object.entries(tools)) {
    document.getElementById(name).addEventListener("click", () => { act(); redraw(); });
  }

  reset();
  draw();
  new ResizeObserver(redraw).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  // Not a frame later: paper does not wait.
  matchMedia("print").addEventListener("change", draw);
  place.dataset.ready = "true";
})();

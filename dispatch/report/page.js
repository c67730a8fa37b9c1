"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words, MINUS = "\u2212", NOBREAK = "\u00a0";
const node = (tag, attributes = {}, ...inner) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inner);
  return made;
};
const drawn = (tag, attributes, ...inner) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inner);
  return made;
};
const number = (value, decimals) => {
  if (value === null || value === undefined) return "–";
  const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, NOBREAK) + (part ? "." + part : "");
  return (value < 0 && Number(Math.abs(value).toFixed(decimals)) ? MINUS : "") + apart;
};
const safe = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const FONT = getComputedStyle(document.body).fontFamily;

/* ---- charts: Apache ECharts, drawn as SVG so that paper is crisp ---- */
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { list: [0, 1, 2, 3, 4, 5, 6, 7].map((k) => of("--c" + k)), ink: of("--ink"),
    quiet: of("--quiet"), grid: of("--grid"), paper: of("--paper") };
};
const bounds = (spec, at) => {
  const own = spec.series.filter((one) => (one.axis || 0) === at);
  if (own.some((one) => one.kind === "area" || one.kind === "bar")) return {};  // from zero
  return spec.within && at === 0 ? { min: spec.within[0], max: spec.within[1] } : { scale: true };
};
const axes = (spec, look, two, bars, size) => {
  const text = { color: look.quiet, fontSize: size };
  const x = (at) => ({ type: "category", data: spec.labels, gridIndex: at, boundaryGap: bars,
    axisLine: { lineStyle: { color: look.quiet }, onZero: false },
    axisTick: { show: false },
    axisLabel: { ...text, show: !(two && at === 0), hideOverlap: true,
      interval: bars ? "auto" : (k) => spec.ticks[k] !== "", formatter: (v, k) => spec.ticks[k] },
    splitLine: bars ? { show: false } : { show: true, interval: (k) => spec.ticks[k] !== "",
      lineStyle: { color: look.grid } },
    name: at === (two ? 1 : 0) ? spec.xUnit : "", nameLocation: "end", nameTextStyle: text });
  const y = (at, unit) => ({ type: "value", gridIndex: at, name: unit, ...bounds(spec, at),
    nameTextStyle: { ...text, align: "left" }, nameGap: 10,
    axisLabel: { ...text, formatter: (v) => number(v, v % 1 ? 1 : 0) },
    splitLine: { lineStyle: { color: look.grid } } });
  return { xAxis: two ? [x(0), x(1)] : [x(0)],
    yAxis: two ? [y(0, spec.unit), y(1, spec.unitBelow)] : [y(0, spec.unit)] };
};
const DASHES = ["solid", [9, 3], [3, 3], [12, 3, 3, 3], [6, 2, 2, 2, 2, 2], [2, 2]];
const seriesOf = (spec, look) => {
  let next = 0;
  const made = [];
  spec.series.forEach((one, place) => {
    const colour = look.list[(one.colour !== undefined ? one.colour : next++) % 8];
    const axis = one.axis || 0;
    const common = { name: one.name, xAxisIndex: axis, yAxisIndex: axis, silent: true,
      itemStyle: { color: colour }, animation: false };
    if (one.kind === "band") {
      const bands = spec.series.slice(0, place).filter((other) => other.kind === "band").length;
      const line = { ...common, type: "line", symbol: "none", stack: "band" + place,
        itemStyle: { color: colour, opacity: .3 + .35 * bands },  // as it looks in the legend
        stackStrategy: "all", lineStyle: { width: 0 } };
      made.push({ ...line, name: one.name + "\u200b", data: one.low });
      made.push({ ...line, areaStyle: { color: colour, opacity: .22 },
        data: one.data.map((v, k) => (v === null || one.low[k] === null ? null : v - one.low[k])) });
    } else if (one.kind === "bar") {
      made.push({ ...common, type: "bar", stack: "all", barWidth: "82%", data: one.data });
    } else {
      const stacked = one.kind === "area";
      const lines = spec.series.filter((s) => s.kind === one.kind && !s.dashed && !s.axis);
      const dash = one.dashed ? [6, 4] : one.kind === "step" ? DASHES[0] : "solid";
      made.push({ ...common, type: "line", symbol: "none", data: one.data, connectNulls: false,
        step: one.kind === "line" ? false : "end", stack: stacked ? "heat" : undefined,
        lineStyle: { color: colour, width: stacked ? 1 : 2.2,
          type: dash === "solid" && lines.length > 2 ? DASHES[lines.indexOf(one) % 6] || "solid" : dash },
        areaStyle: stacked ? { color: colour, opacity: .8 } : undefined });
    }
  });
  return made;
};
const tooltip = (spec) => (points) => {
  const k = points[0].dataIndex;
  const lines = spec.series.map((one) => {
    const unit = one.axis ? spec.unitBelow : spec.unit;
    const low = one.low ? number(one.low[k], spec.decimals) + " – " : "";
    return `<tr><td style="text-align:left">${safe(one.name)}</td><td>${low}${
      number(one.data[k], spec.decimals)} ${safe(unit)}</td></tr>`;
  });
  return `<b>${safe(spec.labels[k])} ${safe(spec.xUnit)}</b><table style="margin:0">${lines.join("")}</table>`;
};
const held = (spec) => {  // the last step holds to its end: one place more, drawn but not told
  if (!spec.series.some((one) => one.kind === "step" || one.kind === "area")) return spec;
  const longer = (values) => [...values, values[values.length - 1]];
  return { ...spec, labels: longer(spec.labels), ticks: [...spec.ticks, ""],
    series: spec.series.map((one) => ({ ...one, data: longer(one.data),
      ...(one.low ? { low: longer(one.low) } : {}) })) };
};
const option = (told, width) => {
  const spec = held(told);
  const look = colours(), bars = spec.series.some((one) => one.kind === "bar");
  const two = spec.series.some((one) => one.axis), narrow = width < 560, size = narrow ? 12 : 14;
  const legend = spec.series.filter((one) => !one.axis || !spec.series.some((s) => !s.axis && s.name === one.name));
  const letters = legend.reduce((sum, one) => sum + [...one.name].reduce(
    (n, c) => n + (c > "\u2e80" ? 1 : .56), 0) * size + 52, 0);
  const top = 34 + 22 * Math.ceil(letters / (width * .92));
  const grid = { left: 8, right: spec.xUnit ? 40 : 16, containLabel: true };
  return { animation: false, textStyle: { fontFamily: FONT, color: look.ink },
    aria: { enabled: true, label: { enabled: true, description: spec.title },
      decal: { show: spec.series.some((one) => one.kind === "bar" || one.kind === "area"),
        decals: [{ symbol: "none" }, { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 6],
          rotation: -Math.PI / 4, color: "rgba(255,255,255,.4)" },
        { symbol: "circle", symbolSize: .6, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0],
          color: "rgba(255,255,255,.5)" }, { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5],
          rotation: Math.PI / 4, color: "rgba(0,0,0,.3)" }] } },
    legend: { top: 0, left: 0, type: "plain", textStyle: { color: look.ink, fontSize: size },
      itemWidth: 26, selectedMode: false, data: legend.map((one) => one.name) },
    tooltip: { trigger: "axis", confine: true, formatter: tooltip(spec), backgroundColor: look.paper,
      borderColor: look.quiet, textStyle: { color: look.ink, fontSize: size },
      axisPointer: { lineStyle: { color: look.quiet } } },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    grid: two ? [{ ...grid, top, height: "42%" }, { ...grid, top: "70%", bottom: 8 }]
      : [{ ...grid, top, bottom: 8 }],
    ...axes(spec, look, two, bars, size), series: seriesOf(spec, look) };
};
const figures = (spec) => {
  const table = node("table"), head = node("tr", {}, node("th", { class: "word", scope: "col" }, spec.xUnit || words.time));
  for (const one of spec.series) {
    const unit = ` (${one.axis ? spec.unitBelow : spec.unit})`;
    if (one.low) head.append(node("th", { scope: "col" }, `${one.name}, ${words.series_low}${unit}`));
    head.append(node("th", { scope: "col" }, one.name + (one.low ? `, ${words.series_high}` : "") + unit));
  }
  table.append(node("thead", {}, head), node("tbody"));
  spec.labels.forEach((label, k) => {
    const row = node("tr", {}, node("td", { class: "word" }, label));
    for (const one of spec.series) {
      if (one.low) row.append(node("td", {}, number(one.low[k], spec.decimals)));
      row.append(node("td", {}, number(one.data[k], spec.decimals)));
    }
    table.tBodies[0].append(row);
  });
  return node("div", { class: "wide", tabindex: "0", role: "group" }, table);
};
const charts = [];
for (const spec of data.charts) {
  const place = document.getElementById("chart-" + spec.name);
  if (!place) continue;
  const two = spec.series.some((one) => one.axis);
  const drawing = node("div", { class: two ? "drawing tall" : "drawing" });
  const more = node("details", { class: "of-chart no-print" }, node("summary", {}, words.figures));
  more.addEventListener("toggle", () => { if (more.open && !more.children[1]) more.append(figures(spec)); });
  place.append(node("figcaption", {}, spec.title), drawing, more);
  const chart = echarts.init(drawing, null, { renderer: "svg" });
  charts.push({ spec, chart, drawing, width: 0 });
}
const NARROWEST = 100;  // px; drawn in no width at all, charts would stay empty for good
const draw = (width) => {
  for (const one of charts) {
    const wide = width || one.drawing.clientWidth;
    if (wide < NARROWEST) continue;  // a window that is hidden: drawn when it is seen again
    one.chart.resize({ width: wide, height: one.drawing.clientHeight });
    one.chart.setOption(option(one.spec, wide), true);
    one.width = wide;
  }
};
draw();
let soon = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(soon);
  soon = requestAnimationFrame(() => { if (!matchMedia("print").matches) draw(); });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());

/* ---- stations: sorted, filtered, a page at a time ---- */
const PAGE = 40, WIDE = 116, HIGH = 28, all = data.stations;
const [ID, LOOP, NAME, ZONE, OURS, HOMES, COLD, AT, FLOOR, WHY, LAT, LON] = [...Array(12).keys()];
const columns = [
  { title: words.station, is: "word", key: (i) => all.rows[i][ID] + "." + all.rows[i][LOOP] },
  { title: words.name, is: "word", key: (i) => all.rows[i][NAME] },
  { title: words.zone, is: "word", key: (i) => all.rows[i][ZONE] },
  { title: words.managed_by, is: "word", key: (i) => (all.rows[i][OURS] ? words.ours : words.others) },
  { title: words.homes, key: (i) => all.rows[i][HOMES], show: (v) => number(v, 0) },
  { title: words.coldest_c, note: words.note_coldest, key: (i) => all.rows[i][COLD],
    show: (v) => number(v / 10, 1) },
  { title: words.coldest_at, is: "word", key: (i) => all.rows[i][AT], show: (v) => all.ends[v] },
  { title: words.rooms, note: words.note_floor, draw: (i) => rooms(i) },
  { title: words.setpoint_c, note: words.note_setpoint, key: (i) => all.supply[i][0],
    show: (v) => number(v === null ? null : v / 10, 1) },
  { title: words.setpoints, draw: (i) => setpoints(i) },
  { title: words.reason, is: "word long", key: (i) => all.reasons[all.rows[i][WHY]] },
];
const path = (values, low, high, width, height, stepped) => {
  const x = (k) => (width * k / Math.max(values.length - (stepped ? 0 : 1), 1)).toFixed(1);
  const y = (v) => (height - 2 - (height - 4) * (v - low) / Math.max(high - low, 1)).toFixed(1);
  return values.map((v, k) => (v === null ? "" : stepped ? `${k ? "L" : "M"}${x(k)} ${y(v)}L${x(k + 1)} ${y(v)}`
    : `${k ? "L" : "M"}${x(k)} ${y(v)}`)).join("");
};
const spark = (label, ...shapes) => {
  const made = drawn("svg", { class: "spark", width: WIDE, height: HIGH, viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" });
  made.append(drawn("title", {}, label), ...shapes);
  return made;
};
const span = (values, unit) => {
  const known = values.filter((v) => v !== null);
  return known.length ? `${number(Math.min(...known) / 10, 1)} – ${number(Math.max(...known) / 10, 1)} ${unit}` : "–";
};
const rooms = (i) => {
  const values = all.indoor[i], floor = all.rows[i][FLOOR];
  const low = Math.min(...values, floor) - 2, high = Math.max(...values, floor) + 2;
  return spark(span(values, "°C"), drawn("path", { class: "floor", d: path([floor, floor], low, high, WIDE, HIGH) }),
    drawn("path", { class: "room", d: path(values, low, high, WIDE, HIGH) }));
};
const setpoints = (i) => {
  const values = all.supply[i], known = values.filter((v) => v !== null);
  const low = Math.min(...known) - 10, high = Math.max(...known) + 10;
  return spark(span(values, "°C"), drawn("path", { class: "set", d: path(values, low, high, WIDE, HIGH, true) }));
};
const table = document.getElementById("stations-table"), pager = document.getElementById("pager");
const state = { sort: 5, down: false, page: 0, found: [] };
const input = (name) => document.getElementById(name);
const heading = node("tr");
columns.forEach((column, k) => {
  const cell = node("th", { scope: "col", ...(column.is ? { class: "word" } : {}) });
  if (column.note) cell.title = column.note;
  if (column.key) {
    const button = node("button", { type: "button", class: "no-print" }, column.title);
    button.addEventListener("click", () => {
      state.down = state.sort === k && !state.down;
      state.sort = k;
      state.page = 0;
      show();
    });
    cell.append(button, node("span", { class: "print-only" }, column.title));
  } else cell.append(column.title);
  heading.append(cell);
});
table.tHead.append(heading);
const turn = (title, by) => {
  const button = node("button", { type: "button" }, title);
  button.addEventListener("click", () => { state.page += by; show(); });
  return button;
};
const back = turn(words.previous, -1), on = turn(words.next, 1);
pager.append(back, on);
const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
const show = () => {
  const text = input("find").value.trim().toLowerCase(), zone = input("zone").value, who = input("who").value;
  const key = columns[state.sort].key, sign = state.down ? -1 : 1;
  state.found = all.rows.map((_, i) => i).filter((i) => {
    const row = all.rows[i];
    return (!zone || row[ZONE] === zone) && (!who || String(row[OURS]) === who)
      && (!text || `${row[ID]}.${row[LOOP]} ${row[NAME]}`.toLowerCase().includes(text));
  });
  const keys = new Map(state.found.map((i) => [i, key(i)]));
  state.found.sort((a, b) => {
    const [one, other] = [keys.get(a), keys.get(b)];
    if (one === null || other === null) return (one === null) - (other === null) || a - b;
    return (sign * (typeof one === "number" ? one - other : order.compare(one, other))) || a - b;
  });
  state.page = Math.max(0, Math.min(state.page, Math.ceil(state.found.length / PAGE) - 1));
  const first = state.page * PAGE, shown = state.found.slice(first, first + PAGE);
  table.tBodies[0].replaceChildren(...shown.map((i) => {
    const row = node("tr");
    columns.forEach((column, k) => {
      const cell = node("td", column.is ? { class: column.is } : {});
      if (column.draw) cell.append(column.draw(i));
      else { const value = column.key(i); cell.append(column.show ? column.show(value) : value); }
      if (k === 5 && all.rows[i][COLD] < all.legal) cell.classList.add("is-cold");
      row.append(cell);
    });
    return row;
  }));
  [...heading.children].forEach((cell, k) => {
    if (k === state.sort) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
  const told = { first: state.found.length ? first + 1 : 0, last: first + shown.length,
    found: state.found.length, all: all.rows.length };
  document.getElementById("stations-count").textContent = state.found.length
    ? words.count.replace(/\{(\w+)\}/g, (_, name) => told[name]) : words.no_match;
  back.disabled = state.page === 0;
  on.disabled = first + PAGE >= state.found.length;
  pager.hidden = state.found.length <= PAGE;
};
for (const name of ["find", "zone", "who"])
  input(name).addEventListener("input", () => { state.page = 0; show(); });
show();

/* ---- map: stations where they stand, the colder the darker ---- */
const SHADES = ["#4b0055", "#3b528b", "#21818d", "#4fc06b", "#f2d13c"];
const map = document.getElementById("map");
if (map) {
  const placed = all.rows.map((row, i) => i).filter((i) => all.rows[i][LAT] !== null);
  const lats = placed.map((i) => all.rows[i][LAT]), lons = placed.map((i) => all.rows[i][LON]);
  const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lons), Math.max(...lons)];
  const shrink = Math.cos((south + north) / 2 * Math.PI / 180), WIDTH = 900, EDGE = 30, BELOW = 54;
  const spread = Math.max((east - west) * shrink, (north - south) * 1.4, 1e-4);
  const scale = (WIDTH - 2 * EDGE) / spread, high = (north - south) * scale + 2 * EDGE + BELOW;
  const left = (WIDTH - (east - west) * shrink * scale) / 2;
  const edges = [all.legal - 10, all.legal, all.legal + 10, all.legal + 20];
  const shade = (v) => SHADES[edges.filter((edge) => v >= edge).length];
  const picture = drawn("svg", { viewBox: `0 0 ${WIDTH} ${high.toFixed(0)}`, role: "img" });
  picture.append(drawn("title", {}, words.coldest_c));
  const centres = {};
  placed.sort((a, b) => all.rows[b][COLD] - all.rows[a][COLD]).forEach((i) => {
    const row = all.rows[i], x = left + (row[LON] - west) * shrink * scale, y = EDGE + (north - row[LAT]) * scale;
    const told = `${row[ID]}.${row[LOOP]} ${row[NAME]}: ${number(row[COLD] / 10, 1)} °C`;
    const look = { class: "at", fill: shade(row[COLD]) };
    const mark = row[OURS] ? drawn("circle", { ...look, cx: x.toFixed(1), cy: y.toFixed(1), r: 6 })
      : drawn("rect", { ...look, x: (x - 5).toFixed(1), y: (y - 5).toFixed(1), width: 10, height: 10 });
    mark.append(drawn("title", {}, told));
    mark.addEventListener("click", () => { input("find").value = `${row[ID]}.${row[LOOP]}`; state.page = 0; show();
      table.scrollIntoView({ block: "center" }); });
    picture.append(mark);
    (centres[row[ZONE]] = centres[row[ZONE]] || []).push([x, y]);
  });
  for (const [zone, places] of Object.entries(centres)) {
    const mean = (k) => places.reduce((sum, one) => sum + one[k], 0) / places.length;
    picture.append(drawn("text", { x: mean(0).toFixed(0), y: mean(1).toFixed(0), "text-anchor": "middle",
      style: "font-size:18px;font-weight:700;paint-order:stroke;stroke:var(--card);stroke-width:5px;pointer-events:none" }, zone));
  }
  const labels = SHADES.map((_, k) => (k === 0 ? `< ${edges[0] / 10}` : k === 4 ? `≥ ${edges[3] / 10}`
    : `${edges[k - 1] / 10} – ${edges[k] / 10}`) + " °C");
  labels.forEach((label, k) => {
    const x = EDGE + 120 * k, y = high - 30;
    picture.append(drawn("circle", { cx: x, cy: y, r: 6, fill: SHADES[k], class: "at" }), drawn("text", { x: x + 12, y: y + 5 }, label));
  });
  [[words.ours, "circle"], [words.others, "rect"]].forEach(([label, kind], k) => {
    const x = EDGE + 620 + 120 * k, y = high - 30, fill = "var(--quiet)";
    picture.append(kind === "circle" ? drawn("circle", { cx: x, cy: y, r: 6, fill })
      : drawn("rect", { x: x - 5, y: y - 5, width: 10, height: 10, fill }), drawn("text", { x: x + 12, y: y + 5 }, label));
  });
  map.append(picture);
}

/* ---- paper: light colours, the width of a sheet, the coldest stations ---- */
addEventListener("beforeprint", () => {
  for (const name of ["find", "zone", "who"]) input(name).value = "";
  Object.assign(state, { sort: 5, down: false, page: 0 });
  show();
  draw(700);
});
addEventListener("afterprint", () => draw());
})();

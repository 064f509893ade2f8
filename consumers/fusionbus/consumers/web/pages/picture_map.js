// The map of incidents: one canvas, no tiles, nothing from elsewhere. Time is filtered here, so the slider asks nobody.
const EAST = Math.cos((30.5 * Math.PI) / 180); // how much shorter a degree of longitude is, in the middle of the country
const CELL_PX = 44; // marks nearer than this are drawn as one, with their number
const DRAG_PX = 4; // a press that moves less is a click
const STEPS = 1000; // of the time slider
const BARS = 120; // under it
const LISTED_MAX = 12; // incidents named when several lie on one spot
const SHAPES = [
  (c, r) => { c.moveTo(0, -r * 1.1); c.lineTo(r * 1.1, r * 0.85); c.lineTo(-r * 1.1, r * 0.85); c.closePath(); },
  (c, r) => { c.moveTo(0, -r * 1.15); c.lineTo(r * 1.15, 0); c.lineTo(0, r * 1.15); c.lineTo(-r * 1.15, 0); c.closePath(); },
  (c, r) => c.rect(-r * 0.85, -r * 0.85, r * 1.7, r * 1.7),
  (c, r) => c.arc(0, 0, r, 0, 7),
  (c, r) => c.arc(0, 0, r * 0.8, 0, 7),
]; // Extreme, Severe, Moderate, Minor, Unknown: told apart without colour
const NAMES = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Karachi", day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });

export default {
  template: `<div class="map">
    <div class="map-field" ref="field">
      <canvas ref="canvas" tabindex="0" role="application" aria-roledescription="map" :aria-label="told"
        @pointerdown="press" @pointermove="move" @pointerup="release" @pointercancel="drag = null" @pointerleave="leave"
        @wheel.prevent="wheel" @dblclick="nearer(1.8, $event.offsetX, $event.offsetY)" @keydown="key" @blur="card = null"></canvas>
      <div class="map-tools" role="group" aria-label="Map view">
        <button type="button" @click="nearer(1.5)" aria-label="Nearer" title="Nearer (+)">+</button>
        <button type="button" @click="nearer(1 / 1.5)" aria-label="Farther" title="Farther (-)">−</button>
        <button type="button" @click="fit(); draw()" aria-label="Whole country" title="Whole country (0)">⤢</button>
      </div>
      <div v-if="areas" class="map-risk">
        <button type="button" :aria-pressed="shaded" @click="shade" title="Forecast (r)">Forecast risk</button>
        <ul v-if="shaded" aria-label="Chance of at least one attack in the week"><li>{{ areas }}</li><li v-for="(word, rank) in classes" :key="rank"><span :class="'risk-swatch risk-' + rank" aria-hidden="true"></span>{{ word }}</li><li><a href="/forecast">What it says, and what not</a></li></ul>
      </div>
      <div v-if="card" class="map-card" :style="card.style" @pointerdown.stop>
        <p v-if="card.more" class="quiet">{{ card.more }}</p>
        <a v-for="one in card.listed" :key="one.id" :href="'/incidents/' + one.id" dir="auto">{{ one.text }}</a>
      </div>
      <p v-if="!total" class="map-nothing">{{ nothing }}</p>
    </div>
    <div class="map-time">
      <canvas ref="bars" class="map-bars" aria-hidden="true"></canvas>
      <label><span>From</span><input type="range" min="0" :max="1000" v-model.number="from" :aria-valuetext="said(from)" @input="slid" @change="chosen"></label>
      <label><span>To</span><input type="range" min="0" :max="1000" v-model.number="to" :aria-valuetext="said(to)" @input="slid" @change="chosen"></label>
      <output>{{ window_said }}</output>
    </div>
    <ul class="map-legend"><li v-if="surged.length"><svg width="16" height="16" aria-hidden="true"><rect x="2" y="2" width="12" height="12" class="surge-key"/></svg>Surge: {{ surged.join(", ") }}</li><li v-for="(count, rank) in counts" :key="rank"><svg width="16" height="16" aria-hidden="true"><use :href="'#sev-' + rank"/></svg>{{ names[rank] }} {{ count }}</li></ul>
    <p class="sr-only" aria-live="polite">{{ spoken }}</p></div>`,
  props: { nothing: String, window: Array },
  emits: ["window"],
  data: () => ({ from: 0, to: STEPS, total: 0, shown: 0, counts: [0, 0, 0, 0, 0], card: null, spoken: "", names: NAMES, surged: [], areas: "", classes: [], shaded: localStorage.getItem("fusionbus.risk") === "on" }),
  computed: {
    window_said() { return this.total ? `${this.said(this.from)} – ${this.said(this.to)} · ${this.shown} of ${this.total}` : "no time to choose from"; },
    told() {
      const by = this.counts.map((count, rank) => `${count} ${NAMES[rank].toLowerCase()}`).join(", ");
      return `Map of ${this.shown} incidents: ${by}.${this.surged.length ? ` Surge in ${this.surged.join(", ")}.` : ""} Arrow keys move, plus and minus zoom, n and p go from incident to incident, Enter opens. The list has the same incidents.` + (this.areas ? " r shows the forecast's risk, d goes from district to district; the page Forecast has the same." : "");
    },
  },
  created() {
    Object.assign(this, { points: new Map(), marks: [], base: null, view: null, drag: null, at: -1, held: null, due: false, ends: [0, 1], frames: [], bars: [], inside: [], risks: [], area: -1 });
  },
  mounted() {
    this.watcher = new ResizeObserver(() => this.sized());
    this.watcher.observe(this.$refs.field);
    this.theme = new MutationObserver(() => this.look());
    this.theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.look();
  },
  beforeUnmount() { this.watcher.disconnect(); this.theme.disconnect(); },
  methods: {
    // -- what the server says -----------------------------------------------------------------------------------------
    basemap(geojson) {
      const rings = (shape) => ({ Polygon: shape.coordinates, MultiPolygon: (shape.coordinates || []).flat(), LineString: [shape.coordinates], MultiLineString: shape.coordinates }[shape.type] || []);
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      this.base = { country: new Path2D(), province: new Path2D(), district: new Path2D(), land: new Path2D(), names: [], districts: new Map() };
      for (const { geometry, properties } of geojson.features) {
        const told = properties && properties.kind, kind = ["country", "district"].includes(told) ? told : "province";
        if (geometry.type === "Point") { this.base.names.push([properties.name, kind, geometry.coordinates[0] * EAST, -geometry.coordinates[1]]); continue; }
        const own = kind === "district" ? new Path2D() : null;
        if (own) this.base.districts.set(properties.name, own);
        for (const ring of rings(geometry)) ring.forEach(([lon, lat], index) => {
          const x = lon * EAST, y = -lat;
          for (const path of kind !== "district" && geometry.type.endsWith("Polygon") ? [this.base[kind], this.base.land] : own ? [this.base[kind], own] : [this.base[kind]]) path[index ? "lineTo" : "moveTo"](x, y);
          box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
        });
      }
      this.box = box;
      this.sized();
    },
    surges(districts) { this.surged = districts; this.draw(); },
    risk(week, areas, classes) {
      [this.areas, this.classes, this.risks, this.area] = [week, classes, areas, -1];
      this.draw();
    },
    put(changed, gone, anew) {
      if (anew) this.points.clear();
      for (const id of gone) this.points.delete(id);
      for (const [id, lat, lon, rank, at, text] of changed) this.points.set(id, { id, x: lon * EAST, y: -lat, rank, at, text });
      const asked = this.asked();
      let [low, high] = [Infinity, -Infinity];
      for (const point of this.points.values()) { low = Math.min(low, point.at); high = Math.max(high, point.at); }
      this.ends = this.points.size ? [low, Math.max(high, low + 60)] : [0, 1];
      this.countBars();
      if (anew && this.window && this.window.length) [this.from, this.to] = this.window.map((at, end) => (at === null ? end * STEPS : this.step(at)));
      else if (asked) [this.from, this.to] = asked.map((at, end) => (at === null ? end * STEPS : this.step(at)));
      this.slid();
    },
    // -- time ---------------------------------------------------------------------------------------------------------
    step(at) { return Math.max(0, Math.min(STEPS, Math.round(((at - this.ends[0]) / (this.ends[1] - this.ends[0])) * STEPS))); },
    moment(step) { return this.ends[0] + ((this.ends[1] - this.ends[0]) * step) / STEPS; },
    said(step) { return this.points && this.points.size ? clock.format(this.moment(step) * 1000) : "–"; },
    asked() { return this.points.size && (this.from > 0 || this.to < STEPS) ? [this.from > 0 ? this.moment(this.from) : null, this.to < STEPS ? this.moment(this.to) : null] : null; },
    slid() {
      if (this.from > this.to) [this.from, this.to] = [this.to, this.from];
      if (this.sliding) return;
      this.sliding = true; // many moves of the slider make one frame
      requestAnimationFrame(() => { this.sliding = false; this.choose(); });
    },
    choose() {
      const [low, high] = [this.from > 0 ? this.moment(this.from) : -Infinity, this.to < STEPS ? this.moment(this.to) : Infinity];
      const counts = [0, 0, 0, 0, 0];
      this.inside = [];
      for (const point of this.points.values()) if (point.at >= low && point.at <= high) { this.inside.push(point); counts[point.rank] += 1; }
      [this.counts, this.shown, this.total, this.grouped] = [counts, this.inside.length, this.points.size, null];
      this.draw();
      this.drawBars();
    },
    chosen() { this.$emit("window", this.asked() || [null, null]); },
    countBars() {
      this.bars = new Array(BARS).fill(0);
      for (const point of this.points.values()) this.bars[Math.min(BARS - 1, Math.floor((this.step(point.at) / STEPS) * BARS))] += 1;
    },
    drawBars() {
      const canvas = this.$refs.bars, c = canvas.getContext("2d"), most = Math.max(1, ...this.bars), wide = canvas.width / BARS;
      c.clearRect(0, 0, canvas.width, canvas.height);
      this.bars.forEach((count, index) => {
        const middle = ((index + 0.5) / BARS) * STEPS, high = Math.sqrt(count / most) * canvas.height;
        c.fillStyle = middle >= this.from && middle <= this.to ? this.ink.accent : this.ink.line;
        c.fillRect(index * wide, canvas.height - high, wide - 1, high);
      });
    },
    // -- view ---------------------------------------------------------------------------------------------------------
    sized() {
      const { clientWidth: wide, clientHeight: high } = this.$refs.field, canvas = this.$refs.canvas;
      this.ratio = window.devicePixelRatio || 1;
      canvas.width = wide * this.ratio; canvas.height = high * this.ratio;
      [this.wide, this.high] = [wide, high];
      [this.$refs.bars.width, this.$refs.bars.height] = [this.$refs.bars.clientWidth || 1, this.$refs.bars.clientHeight || 1];
      if (this.base && wide && (!this.view || this.view.whole)) this.fit();
      this.draw();
      if (this.ink) this.drawBars();
    },
    fit() {
      const [left, top, right, bottom] = this.box, k = 0.95 * Math.min(this.wide / (right - left), this.high / (bottom - top));
      this.view = { k, x: this.wide / 2 - (k * (left + right)) / 2, y: this.high / 2 - (k * (top + bottom)) / 2, whole: true, least: k * 0.8 };
      this.grouped = null;
    },
    nearer(times, x = this.wide / 2, y = this.high / 2) {
      const view = this.view, k = Math.max(view.least, Math.min(view.least * 400, view.k * times)), by = k / view.k;
      Object.assign(view, { k, x: x - (x - view.x) * by, y: y - (y - view.y) * by, whole: false });
      [this.grouped, this.card] = [null, null];
      this.draw();
    },
    pan(x, y) { this.view.x += x; this.view.y += y; this.view.whole = false; this.card = null; this.draw(); },
    wheel(event) { if (this.view) this.nearer(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY); },
    press(event) { this.drag = { x: event.offsetX, y: event.offsetY, moved: 0 }; this.$refs.canvas.setPointerCapture(event.pointerId); },
    move(event) {
      if (!this.drag) { if (event.target === this.$refs.canvas) this.hover(event.offsetX, event.offsetY); return; }
      const { offsetX: x, offsetY: y } = event;
      this.drag.moved += Math.abs(x - this.drag.x) + Math.abs(y - this.drag.y);
      this.pan(x - this.drag.x, y - this.drag.y);
      Object.assign(this.drag, { x, y });
    },
    hover(x, y) {
      const mark = this.under(x, y), risk = mark ? null : this.over(x, y);
      if (risk) this.name(risk, x, y); else this.point(mark);
    },
    release(event) {
      const clicked = this.drag && this.drag.moved < DRAG_PX ? this.under(event.offsetX, event.offsetY) : null;
      this.drag = null;
      if (clicked) this.enter(clicked);
    },
    leave(event) { if (!this.drag && !(event.relatedTarget && event.relatedTarget.closest(".map-card"))) this.card = null; },
    key(event) {
      const by = 60, acts = { ArrowLeft: () => this.pan(by, 0), ArrowRight: () => this.pan(-by, 0), ArrowUp: () => this.pan(0, by), ArrowDown: () => this.pan(0, -by), "+": () => this.nearer(1.5), "=": () => this.nearer(1.5), "-": () => this.nearer(1 / 1.5), 0: () => { this.fit(); this.draw(); }, n: () => this.next(1), p: () => this.next(-1), r: () => this.areas && this.shade(), d: () => this.nextArea(), Enter: () => this.marks[this.at] && this.enter(this.marks[this.at]), Escape: () => { this.held = null; this.at = -1; this.card = null; this.draw(); } };
      if (event.ctrlKey || event.metaKey || event.altKey || !acts[event.key] || !this.view) return;
      event.preventDefault(); event.stopPropagation();
      acts[event.key]();
    },
    next(by) {
      if (!this.grouped) this.group();
      const seen = this.marks.map((mark, index) => index).filter((index) => this.sees(this.marks[index]));
      if (!seen.length) return;
      const here = seen.indexOf(this.at);
      this.at = seen[(here + by + seen.length) % seen.length];
      this.held = this.marks[this.at].of[0].id;
      this.point(this.marks[this.at]);
      this.spoken = this.card.listed[0].text + (this.card.more ? `, ${this.card.more}` : "");
      this.draw();
    },
    enter(mark) {
      const apart = mark.of.some((point) => point.x !== mark.of[0].x || point.y !== mark.of[0].y);
      if (mark.of.length === 1) window.location.assign(`/incidents/${mark.of[0].id}`);
      else if (apart && this.view.k < this.view.least * 399) this.nearer(2.5, this.px(mark), this.py(mark));
      else this.point(mark);
    },
    point(mark) {
      if (!mark) { this.card = null; return; }
      const listed = [...mark.of].sort((a, b) => a.rank - b.rank || b.at - a.at).slice(0, mark.of.length > 1 ? LISTED_MAX : 1);
      const right = this.px(mark) > this.wide / 2, low = this.py(mark) > this.high / 2;
      const style = { [right ? "right" : "left"]: `${(right ? this.wide - this.px(mark) : this.px(mark)) + 8}px`, [low ? "bottom" : "top"]: `${(low ? this.high - this.py(mark) : this.py(mark)) + 8}px` };
      const more = mark.of.length > 1 ? `${mark.of.length} incidents here` + (mark.of.length > listed.length ? `, the gravest ${listed.length}:` : ":") : "";
      this.card = { listed: listed.map(({ id, text }) => ({ id, text })), more, style };
    },
    // -- forecast -----------------------------------------------------------------------------------------------------
    shade() {
      this.shaded = !this.shaded;
      localStorage.setItem("fusionbus.risk", this.shaded ? "on" : "off");
      [this.card, this.area] = [null, -1];
      this.draw();
    },
    over(x, y) { // the district under a point, if the forecast is shown
      if (!this.shaded || !this.risks.length || !this.base) return null;
      const c = this.$refs.canvas.getContext("2d"), { k, x: dx, y: dy } = this.view;
      c.setTransform(1, 0, 0, 1, 0, 0);
      return this.risks.find(([name]) => this.base.districts.has(name) && c.isPointInPath(this.base.districts.get(name), (x - dx) / k, (y - dy) / k));
    },
    name(risk, x, y) {
      const right = x > this.wide / 2, low = y > this.high / 2;
      const style = { [right ? "right" : "left"]: `${(right ? this.wide - x : x) + 12}px`, [low ? "bottom" : "top"]: `${(low ? this.high - y : y) + 12}px` };
      this.card = { listed: [], more: `${risk[0]}: ${risk[2]}`, style };
    },
    nextArea() {
      if (!this.shaded || !this.risks.length) return;
      this.area = (this.area + 1) % this.risks.length;
      const risk = this.risks[this.area], label = this.base.names.find(([name, kind]) => kind === "district" && name === risk[0]);
      const at = label ? [this.px({ x: label[2] }), this.py({ y: label[3] })] : [20, 20];
      this.name(risk, ...at);
      this.spoken = this.card.more;
    },
    // -- drawing ------------------------------------------------------------------------------------------------------
    px(mark) { return mark.x * this.view.k + this.view.x; },
    py(mark) { return mark.y * this.view.k + this.view.y; },
    sees(mark) { const x = this.px(mark), y = this.py(mark); return x > 0 && y > 0 && x < this.wide && y < this.high; },
    under(x, y) {
      let [found, near] = [null, 18 * 18];
      for (const mark of this.marks) {
        const away = (this.px(mark) - x) ** 2 + (this.py(mark) - y) ** 2;
        if (away <= near) [found, near] = [mark, away];
      }
      return found;
    },
    look() {
      const style = getComputedStyle(document.documentElement), of = (name, or) => style.getPropertyValue(name).trim() || or;
      this.ink = { ground: of("--map-sea", "#dde6ee"), land: of("--panel", "#fff"), line: of("--map-line", "#c3ccd6"), border: of("--quiet", "#556"), text: of("--ink", "#111"), accent: of("--accent", "#06c"), risk: [0, 1, 2, 3, 4].map((rank) => of(`--risk-${rank}`, "#888")), sev: NAMES.map((name, rank) => of(`--sev-${rank}`, "#444")), on: of("--on-sev", "#fff") };
      this.draw();
      if (this.$refs.bars) this.drawBars();
    },
    group() {
      const cell = CELL_PX / 2 ** (Math.round(Math.log2(this.view.k) * 2) / 2), cells = new Map();
      for (const point of this.inside || []) {
        const name = Math.floor(point.x / cell) * 100003 + Math.floor(point.y / cell);
        const mark = cells.get(name);
        if (!mark) cells.set(name, { x: point.x, y: point.y, rank: point.rank, of: [point] });
        else { mark.of.push(point); mark.x += point.x; mark.y += point.y; mark.rank = Math.min(mark.rank, point.rank); }
      }
      for (const mark of cells.values()) { mark.x /= mark.of.length; mark.y /= mark.of.length; }
      this.marks = [...cells.values()].sort((a, b) => b.rank - a.rank); // the gravest is drawn last, on top
      this.grouped = this.view.k;
      this.at = this.held ? this.marks.findIndex((mark) => mark.of.some((point) => point.id === this.held)) : -1;
    },
    draw() {
      if (this.due || !this.base || !this.view || !this.ink) return;
      this.due = true;
      requestAnimationFrame(() => { this.due = false; const began = performance.now(); this.paint(); this.frames.push(performance.now() - began); if (this.frames.length > 600) this.frames.shift(); });
    },
    paint() {
      if (!this.grouped) this.group();
      const c = this.$refs.canvas.getContext("2d"), { k, x, y } = this.view, r = this.ratio;
      c.setTransform(r, 0, 0, r, 0, 0);
      c.fillStyle = this.ink.ground; c.fillRect(0, 0, this.wide, this.high);
      c.setTransform(k * r, 0, 0, k * r, x * r, y * r);
      c.fillStyle = this.ink.land; c.fill(this.base.land);
      if (this.shaded) for (const [name, rank] of this.risks) if (this.base.districts.has(name)) { c.fillStyle = this.ink.risk[rank]; c.fill(this.base.districts.get(name)); }
      for (const [kind, colour, width] of [["district", this.ink.line, 0.7], ["province", this.ink.border, 1.1], ["country", this.ink.border, 1.6]]) { c.strokeStyle = colour; c.lineWidth = width / k; c.stroke(this.base[kind]); }
      for (const outline of this.surged.map((name) => this.base.districts.get(name))) if (outline) { c.strokeStyle = this.ink.sev[0]; c.lineWidth = 3 / k; c.setLineDash([7 / k, 4 / k]); c.stroke(outline); c.setLineDash([]); }
      c.setTransform(r, 0, 0, r, 0, 0);
      for (const mark of this.marks) if (this.sees(mark)) this.stamp(c, mark);
      this.write(c);
      const chosen = this.marks[this.at];
      if (chosen) { c.strokeStyle = this.ink.accent; c.lineWidth = 3; c.beginPath(); c.arc(this.px(chosen), this.py(chosen), 20, 0, 7); c.stroke(); }
    },
    write(c) {
      const districts = this.view.k > this.view.least * 5;
      [c.textAlign, c.fillStyle, c.strokeStyle, c.lineWidth, c.lineJoin] = ["center", this.ink.text, this.ink.land, 3, "round"];
      for (const [name, kind, lon, lat] of this.base.names) {
        const spot = { x: lon, y: lat };
        if ((kind === "district") !== districts || !this.sees(spot)) continue;
        c.font = districts ? "12px system-ui, sans-serif" : "600 13px system-ui, sans-serif";
        c.strokeText(name, this.px(spot), this.py(spot));
        c.fillText(name, this.px(spot), this.py(spot));
      }
    },
    stamp(c, mark) {
      const many = mark.of.length, size = many === 1 ? 6.5 : Math.min(19, 10 + 2.2 * Math.log2(many));
      c.setTransform(this.ratio, 0, 0, this.ratio, this.px(mark) * this.ratio, this.py(mark) * this.ratio);
      c.beginPath(); SHAPES[mark.rank](c, size);
      c.fillStyle = this.ink.sev[mark.rank]; c.fill();
      c.lineWidth = 1.5; c.strokeStyle = this.ink.land; c.stroke();
      if (many > 1) { c.font = "700 11px system-ui, sans-serif"; c.textAlign = "center"; c.fillStyle = this.ink.on; c.fillText(many > 999 ? `${Math.floor(many / 1000)}k` : many, 0, mark.rank ? 4 : 7); }
      c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    },
  },
};

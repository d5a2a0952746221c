// The section on its canvas: amplitudes, predicted classes or confidence over them, axes, and a cursor.

import { AMPLITUDE_RAMPS, CLASS_LEVELS, CONFIDENCE_LEVELS } from "./colours.js";
import { horizontalAxis, ticks } from "./axes.js";
import { count, percent, rough } from "./format.js";

const NO_ANSWER = 255;
const MARGIN = { left: 64, top: 44, right: 10, bottom: 10 };
const JUMP = 10;

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export class SectionView {
  /** Draw on `canvas` and put the cursor on `overlay`; what lies under it is told to `onCursor`. */
  constructor(canvas, overlay, onCursor) {
    Object.assign(this, { canvas, overlay, onCursor });
    this.choices = { overlay: "classes", ramp: "grey", opacity: 0.45, hidden: new Set() };
    this.section = null;
    this.at = null;
    canvas.addEventListener("pointermove", (event) => this.#point(event));
    canvas.addEventListener("pointerdown", (event) => this.#point(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => this.section && this.#moveTo(this.at ?? this.#middle()));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Show the answer of /v1/section. */
  show(answer) {
    this.section = {
      ...answer,
      amplitudes: bytes(answer.amplitudes),
      classes: bytes(answer.classes),
      confidence: bytes(answer.confidence),
    };
    this.axis = horizontalAxis(answer);
    this.choices.hidden.clear();
    this.at = null;
    this.#paint();
  }

  /** Change how it is drawn: `overlay`, `ramp` or `opacity`. */
  choose(changes) {
    Object.assign(this.choices, changes);
    if ("opacity" in changes) this.draw();
    else this.#paint();
  }

  /** Show or hide the colour of one class. */
  showClass(index, shown) {
    if (shown) this.choices.hidden.delete(index);
    else this.choices.hidden.add(index);
    this.#paint();
  }

  #paint() {
    if (!this.section) return;
    const { width, height } = this.section;
    this.layers = [this.#amplitudes(), this.#colours()].map((pixels) => {
      const layer = new OffscreenCanvas(width, height);
      const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
      layer.getContext("2d").putImageData(image, 0, 0);
      return layer;
    });
    this.draw();
  }

  /** Pixels of the amplitudes; what is not finite is left open. */
  #amplitudes() {
    const ramp = AMPLITUDE_RAMPS[this.choices.ramp];
    return Uint32Array.from(this.section.amplitudes, (level) => (level ? ramp[level] : 0));
  }

  /** Pixels of what lies over them; open where there is no answer or a class is hidden. */
  #colours() {
    const { classes, confidence } = this.section;
    const { overlay, hidden } = this.choices;
    if (overlay === "none") return new Uint32Array(classes.length);
    if (overlay === "confidence") {
      return Uint32Array.from(confidence, (level, place) => (classes[place] === NO_ANSWER ? 0 : CONFIDENCE_LEVELS[level]));
    }
    return Uint32Array.from(classes, (index) => (index === NO_ANSWER || hidden.has(index) ? 0 : CLASS_LEVELS[index]));
  }

  /** Draw what is painted at the present size of the canvas. */
  draw() {
    if (!this.section) return;
    const context = this.#sized(this.canvas);
    const box = this.#box();
    if (box.width <= 0 || box.height <= 0) return;
    // Where a picture element is larger than a pixel, smoothing would invent amplitudes.
    context.imageSmoothingEnabled = box.width < this.section.width;
    context.drawImage(this.layers[0], box.x, box.y, box.width, box.height);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = this.choices.opacity;
    context.drawImage(this.layers[1], box.x, box.y, box.width, box.height);
    context.globalAlpha = 1;
    this.#axes(context, box);
    this.#cursor();
  }

  #sized(canvas) {
    const { width, height } = canvas.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    return context;
  }

  #box() {
    const { width, height } = this.canvas.getBoundingClientRect();
    return {
      x: MARGIN.left,
      y: MARGIN.top,
      width: width - MARGIN.left - MARGIN.right,
      height: height - MARGIN.top - MARGIN.bottom,
    };
  }

  #axes(context, box) {
    const style = getComputedStyle(this.canvas);
    context.fillStyle = context.strokeStyle = style.getPropertyValue("--axis");
    context.font = `12px ${style.fontFamily}`;
    context.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1);
    const { width, start_ms: start, num_samples: samples, sample_interval_us: interval } = this.section;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const length = (samples * interval) / 1000;
    for (const time of ticks(start, start + length, box.height / 60)) {
      const y = box.y + ((time - start) / length) * box.height;
      this.#tick(context, box.x - 5, y, box.x, y);
      context.fillText(rough4(time), box.x - 8, y);
    }
    context.textAlign = "center";
    context.textBaseline = "bottom";
    for (const column of this.axis.columns(Math.max(2, box.width / 90))) {
      const x = box.x + ((column + 0.5) / width) * box.width;
      this.#tick(context, x, box.y - 5, x, box.y);
      context.fillText(String(this.axis.numbers[column]), x, box.y - 7);
    }
    context.fillText(this.axis.name, box.x + box.width / 2, box.y - 24);
    context.translate(18, box.y + box.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText("time (ms)", 0, 0);
    context.resetTransform();
  }

  #tick(context, fromX, fromY, toX, toY) {
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    context.stroke();
  }

  #middle() {
    return { column: Math.floor(this.section.width / 2), row: Math.floor(this.section.height / 2) };
  }

  #point(event) {
    if (!this.section) return;
    const box = this.#box();
    const column = Math.floor(((event.offsetX - box.x) / box.width) * this.section.width);
    const row = Math.floor(((event.offsetY - box.y) / box.height) * this.section.height);
    if (column < 0 || row < 0 || column >= this.section.width || row >= this.section.height) return;
    this.#moveTo({ column, row });
  }

  #key(event) {
    if (!this.section || event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.section;
    const { column, row } = this.at ?? this.#middle();
    const step = event.shiftKey ? JUMP : 1;
    const target = {
      ArrowLeft: { column: column - step, row },
      ArrowRight: { column: column + step, row },
      ArrowUp: { column, row: row - step },
      ArrowDown: { column, row: row + step },
      Home: { column: 0, row },
      End: { column: width - 1, row },
      PageUp: { column, row: 0 },
      PageDown: { column, row: height - 1 },
    }[event.key];
    if (!target) return;
    event.preventDefault();
    this.#moveTo({
      column: Math.min(Math.max(target.column, 0), width - 1),
      row: Math.min(Math.max(target.row, 0), height - 1),
    });
  }

  #moveTo(at) {
    this.at = at;
    this.#cursor();
    this.onCursor(this.#read(at));
  }

  #cursor() {
    const context = this.#sized(this.overlay);
    if (!this.at) return;
    const box = this.#box();
    const x = box.x + ((this.at.column + 0.5) / this.section.width) * box.width;
    const y = box.y + ((this.at.row + 0.5) / this.section.height) * box.height;
    for (const [colour, size] of [["rgb(255 255 255 / 80%)", 3], ["rgb(15 25 35 / 90%)", 1]]) {
      context.strokeStyle = colour;
      context.lineWidth = size;
      this.#tick(context, box.x, y, box.x + box.width, y);
      this.#tick(context, x, box.y, x, box.y + box.height);
    }
  }

  /** What lies at a column and row, in words. */
  #read({ column, row }) {
    const { section } = this;
    const place = row * section.width + column;
    const sample = Math.min(row * section.sample_step + (section.sample_step >> 1), section.num_samples - 1);
    const time = section.start_ms + (sample * section.sample_interval_us) / 1000;
    const trace = section.traces_shown.first + column * section.traces_shown.step;
    const index = section.classes[place];
    const answer = index === NO_ANSWER
      ? "no class here"
      : `${section.class_names[index]}, confidence ${percent(section.confidence[place] / 255)}`;
    const where = [`trace ${trace}`, `inline ${section.inline[column]}`, `crossline ${section.crossline[column]}`];
    return [...where, `${rough4(time)} ms`, answer, amplitude(section.amplitudes[place], section.clip)].join(" · ");
  }
}

const rough4 = (time) => String(Math.round(time * 100) / 100);

/** Grid values hold 127 steps to either side of zero: what lies beyond the clip is only known to do so. */
function amplitude(level, clip) {
  if (level === 0) return "amplitude not finite";
  const value = ((level - 128) / 127) * clip;
  const shown = Math.abs(value) >= 1000 ? count(value) : rough(value);
  return Math.abs(level - 128) === 127 ? `amplitude ${shown} or beyond` : `amplitude about ${shown}`;
}

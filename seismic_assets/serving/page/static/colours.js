// Colours of classes, amplitudes and confidence.

// Those of the project's pictures, which readers who do not see red from green can tell apart.
const CLASSES = ["#7d8ea3", "#e69f00", "#009e73", "#56b4e9", "#cc79a7", "#d55e00", "#0072b2", "#f0e442"];
const CONFIDENCE = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"];
const GREY = ["#ffffff", "#808080", "#000000"];
const RED_BLUE = ["#7a0c22", "#d6604d", "#f9f7f6", "#4393c3", "#0b3b72"];

export const classColour = (index) => CLASSES[index % CLASSES.length];

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** 256 colours between evenly spaced ones, as [red, green, blue]. */
function ramp(stops) {
  const known = stops.map(channels);
  return Array.from({ length: 256 }, (_, level) => {
    const at = (level / 255) * (known.length - 1);
    const low = Math.min(Math.floor(at), known.length - 2);
    return known[low].map((value, channel) => Math.round(value + (at - low) * (known[low + 1][channel] - value)));
  });
}

/** A colour as canvases hold it in memory: alpha, blue, green, red from the highest byte down. */
const packed = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

export const AMPLITUDE_RAMPS = { grey: ramp(GREY).map(packed), "red-blue": ramp(RED_BLUE).map(packed) };
export const CONFIDENCE_RAMP = ramp(CONFIDENCE);
export const CONFIDENCE_LEVELS = CONFIDENCE_RAMP.map(packed);
export const CLASS_LEVELS = Array.from({ length: 255 }, (_, index) => packed(channels(classColour(index))));

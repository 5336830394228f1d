// The geometry of an album, apart from the DOM: which pictures share a row and how high each row is.

const MAX_PER_ROW = 3;
const TARGET = 1.15; // width : height of a whole album as clients like it, a little wider than a square
const LIMITS = { min: 0.5, max: 2.2 };

/**
 * Lay out pictures of the given aspect ratios (width / height) in a frame of width 1.
 * Returns `{height, cells: [{x, y, width, height}]}`, all in units of the frame's width.
 */
export function mosaic(ratios) {
  const clamped = ratios.map((ratio) => Math.min(LIMITS.max, Math.max(LIMITS.min, ratio || 1)));
  const ideal = 1 / TARGET;
  let best = null;
  for (const rows of partitions(clamped.length)) {
    const heights = rowHeights(clamped, rows);
    const height = heights.reduce((sum, value) => sum + value, 0);
    const badness = Math.abs(height - ideal) + unevenness(heights) / 4 + (rising(rows) ? 0 : 0.1);
    if (!best || badness < best.badness) best = { badness, rows, heights, height };
  }
  return { height: best.height, cells: cells(clamped, best) };
}

/** Every way to cut n pictures into rows of one to three, as lists of row lengths. */
function partitions(n) {
  if (n === 0) return [[]];
  const all = [];
  for (let first = 1; first <= Math.min(n, MAX_PER_ROW); first++) {
    for (const rest of partitions(n - first)) all.push([first, ...rest]);
  }
  return all;
}

/** A row fills the frame's width, so its height is one over the sum of its ratios. */
function rowHeights(ratios, rows) {
  let at = 0;
  return rows.map((length) => {
    const sum = ratios.slice(at, at + length).reduce((total, ratio) => total + ratio, 0);
    at += length;
    return Math.min(1.2, 1 / sum);
  });
}

const unevenness = (heights) => Math.max(...heights) / Math.min(...heights) - 1;
const rising = (rows) => rows.every((length, i) => i === 0 || length >= rows[i - 1]);

function cells(ratios, { rows, heights }) {
  const placed = [];
  let at = 0;
  let y = 0;
  rows.forEach((length, row) => {
    const own = ratios.slice(at, at + length);
    const sum = own.reduce((total, ratio) => total + ratio, 0);
    let x = 0;
    for (const ratio of own) {
      const width = ratio / sum;
      placed.push({ x, y, width, height: heights[row] });
      x += width;
    }
    at += length;
    y += heights[row];
  });
  return placed;
}

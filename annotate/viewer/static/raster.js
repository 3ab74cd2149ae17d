// Shapes on a slice of h x w pixels, row by row. Coordinates are in pixels; the first pixel's center is at (0, 0).

/** Calls put(index) for the pixels whose centers are inside a polygon of [x, y] points (even-odd rule). */
export function polygon(points, w, h, put) {
  let top = Infinity, bottom = -Infinity
  for (const [, y] of points) { top = Math.min(top, y); bottom = Math.max(bottom, y) }
  for (let y = Math.max(0, Math.ceil(top)); y <= Math.min(h - 1, Math.floor(bottom)); y++) {
    const cuts = []
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [xi, yi] = points[i], [xj, yj] = points[j]
      if ((yi > y) !== (yj > y)) cuts.push(xi + (y - yi) / (yj - yi) * (xj - xi))
    }
    cuts.sort((a, b) => a - b)
    for (let k = 0; k + 1 < cuts.length; k += 2) {
      for (let x = Math.max(0, Math.ceil(cuts[k])); x <= Math.min(w - 1, Math.floor(cuts[k + 1])); x++) put(y * w + x)
    }
  }
}

/** Calls put(index) for the pixels within rx columns and ry rows of a line through [x, y] points. */
export function line(points, rx, ry, w, h, put) {
  for (let i = 0; i < points.length; i++) {
    const [ax, ay] = points[Math.max(0, i - 1)], [bx, by] = points[i]
    const dx = (bx - ax) / rx, dy = (by - ay) / ry, long = dx * dx + dy * dy
    for (let y = Math.max(0, Math.ceil(Math.min(ay, by) - ry)); y <= Math.min(h - 1, Math.max(ay, by) + ry); y++) {
      for (let x = Math.max(0, Math.ceil(Math.min(ax, bx) - rx)); x <= Math.min(w - 1, Math.max(ax, bx) + rx); x++) {
        const px = (x - ax) / rx, py = (y - ay) / ry
        const t = long ? Math.max(0, Math.min(1, (px * dx + py * dy) / long)) : 0
        if ((px - t * dx) ** 2 + (py - t * dy) ** 2 <= 1) put(y * w + x)
      }
    }
  }
}

/** Returns the pixels around a seed that are enclosed by pixels for which wall is true, or null if they reach the border of the
 *  slice, so that the outline is open. */
export function enclosed(seed, wall, w, h) {
  if (wall(seed)) return []
  const seen = new Uint8Array(w * h), found = [seed]
  seen[seed] = 1
  for (let k = 0; k < found.length; k++) {
    const i = found[k], x = i % w
    if (x === 0 || x === w - 1 || i < w || i >= w * (h - 1)) return null
    for (const j of [i - 1, i + 1, i - w, i + w]) if (!seen[j] && !wall(j)) { seen[j] = 1; found.push(j) }
  }
  return found
}

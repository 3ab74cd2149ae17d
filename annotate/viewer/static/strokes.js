// Changes to the open volume: what the tools draw, and what the annotator says about objects and slices.

import * as api from './api.js'
import { guarded, say } from './page.js'
import { pack, palette, unpack } from './doc.js'
import { later, now, objects, select, show, stage, tools } from './opened.js'
import { limit } from './controls.js'

/** Handles a stroke of the tools. */
export function stroke(shape) {
  const all = objects(), o = all.get(now.active)
  if (o.locked) return say(`error: ${o.name} is locked: unlock it first`, true)
  return shape.box || shape.click ? suggest(shape) : draw(shape)
}

/** Draws a stroke on the slice. */
function draw(shape) {
  const slice = stage.slice, old = now.doc.plane(slice), w = now.doc.info.width, range = shape.away ? null : limit()
  const brush = painter(slice, old)
  if (shape.anew) brush.clear()
  const closed = shape.run(i => {
    if (range) {
      const v = stage.intensity(i % w, Math.floor(i / w), slice)
      if (v < range[0] || v > range[1]) return
    }
    brush.put(i, shape.away)
  }, i => old[i] === now.active)
  if (shape.fill && !closed) return say('error: there is no closed outline around that point', true)
  if (brush.done()) say(`ready: slice ${slice} was drawn on`)
}

/** Returns functions that change the pixels of a slice. Locked objects do not change, and erasing (away) only affects the
 *  active object. */
function painter(slice, old) {
  const all = objects(), { doc, active } = now, pix = old.slice()
  const locked = new Set([...all].filter(([, o]) => o.locked).map(([label]) => label))
  let changes = 0
  const put = (i, away) => {
    const l = away ? 0 : active
    if (pix[i] === l || locked.has(pix[i]) || away && pix[i] !== active) return
    pix[i] = l
    changes++
  }
  return {
    put,
    clear: () => old.forEach((l, i) => { if (l === active) put(i, true) }),
    done: () => { if (changes) return doc.draw(slice, pix, doc.objects.has(active) ? undefined : { [active]: all.get(active) }) },
  }
}

/** The box and clicks that the model was given for an object on a slice, until the user does something else. */
let hint = null

/** Forgets the box and the clicks. */
export function endHint() {
  hint = null
  tools.marks(null)
}

/** Draws the model's outline for a box or a click. */
const suggest = guarded(async shape => {
  const { doc, active } = now, slice = stage.slice
  if (!hint || hint.doc !== doc || hint.slice !== slice || hint.active !== active || shape.box) {
    const before = doc.plane(slice).slice()
    const mask = before.map(l => l === active ? 1 : 0)
    hint = { doc, slice, active, before, plane: shape.box || !mask.includes(1) ? '' : pack(mask), box: undefined, clicks: [] }
  }
  const told = hint
  if (shape.box) told.box = shape.box
  else told.clicks.push(shape.click)
  tools.marks(told)
  say('asking the model')
  await doc.queue
  const answer = await api.post(doc.path + '/suggestion', { slice, plane: told.plane, box: told.box, clicks: told.clicks })
  if (hint !== told || now.doc !== doc) return
  if (!answer.plane) return say('the model finds nothing there: draw the outline yourself')
  const brush = painter(slice, told.before)
  brush.clear()
  unpack(answer.plane, doc.pixels).forEach((on, i) => { if (on) brush.put(i) })
  await brush.done()
  say('check what the model drew: correct it with any tool, or undo')
})

/** Adds an object. */
export function add() {
  const all = now.doc.objects
  let label = 1
  while (all.has(label)) label++
  if (label > 255) return say('error: there are 255 objects at most', true)
  const used = new Set([...all.values()].map(o => o.color))
  const color = palette.find(c => !used.has(c)) ?? palette[(label - 1) % palette.length]
  now.doc.edit({ op: 'object', objects: { [label]: { name: `object ${label}`, color } } }).then(() => select(label))
}

/** Says something about the active object on the current slice. */
export function remark(op, more = {}) {
  if (!now.doc.objects.has(now.active)) return say('outline the object on a slice first')
  now.doc.edit({ op, object: now.active, slice: stage.slice, ...more })
}

/** Whether the model's result for an object on a slice can be accepted; m is its mark. */
export const acceptable = m => !!m && !m.accepted && (m.state === 'tracked' || m.state === 'notfound')

/** Accepts the slice and, if it was doubtful, goes to the next doubtful one. */
export function accept() {
  const { doc, active } = now
  if (!acceptable(doc.mark(active, stage.slice))) return say('there is nothing to accept on this slice')
  const doubtful = doc.doubts().some(([label, slice]) => label === active && slice === stage.slice)
  const others = doc.doubts().filter(([label, slice]) => label !== active || slice !== stage.slice)
  remark('accept')
  say(others.length ? `ready: accepted, ${others.length} doubtful left` : 'ready: accepted, no doubtful slice is left')
  if (doubtful && others.length) { const [label, slice] = others[0]; select(label); show(label, slice) }
}

/** Goes to the next doubtful slice, or to the previous one. */
export function nextDoubt(back) {
  const doubts = now.doc.doubts()
  if (!doubts.length) return say('no slice is doubtful')
  const at = doubts.findIndex(([label, slice]) => label === now.active && slice === stage.slice)
  const [label, slice] = doubts[(at + (back ? doubts.length - 1 : 1) + (at < 0 && back ? 1 : 0)) % doubts.length]
  select(label)
  show(label, slice)
}

/** Hides the objects or shows them. */
export function reveal(on) {
  now.shown = on
  later()
}

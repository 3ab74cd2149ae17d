// The open volume, the stage on which it is shown, and the object that is drawn. Start reading at open().

import * as api from './api.js'
import { $, fail, say } from './page.js'
import { Doc, palette } from './doc.js'
import { Stage } from './stage.js'
import { Tools } from './tools.js'
import { Strip } from './strip.js'
import { stroke } from './strokes.js'
import { job, working } from './propagation.js'
import { panels } from './panels.js'
import { setup } from './controls.js'
import { names } from './volumes.js'

export const now = {
  doc: null, // the open volume
  active: 1, // the object that is drawn
  shown: true, // the objects are
}

export const stage = new Stage($('gl'), () => located())
export const tools = new Tools(stage, $('over'), shape => stroke(shape), say)
export const strip = new Strip($('strip'), $('stripcanvas'), $('tip'), (slice, label) => {
  if (label !== undefined) select(label)
  if (slice !== null) stage.goto(slice)
})

export async function open(id) {
  say(`opening ${names[id] ?? id}`)
  const info = await api.get(api.volume(id))
  const blob = await (await api.request(api.volume(id) + '/image')).blob()
  now.doc?.close()
  $('start').hidden = true
  $('editor').hidden = $('work').hidden = false
  now.doc = null
  if (!stage.nv) await stage.start()
  await stage.show(info, blob)
  const opened = now.doc = new Doc(info, { changed: s => now.doc === opened && changed(s), job, saving, failed: fail, back })
  working(false)
  await opened.start()
  location.hash = '#' + encodeURIComponent(id)
  $('home').textContent = '‹ Volumes'
  $('title').textContent = names[id] ?? id
  $('title').title = id
  setup(info)
  select(opened.objects.keys().next().value ?? 1)
  const outlined = opened.marks(m => m.state === 'outlined')
  if (outlined.length) show(outlined[0][0], outlined[0][1])
  saving(0)
  say(`ready: ${info.dim.join(' × ')} voxels` + (info.notes?.length ? '; ' + info.notes.join('; ') : ''))
}

export function leave() {
  now.doc?.close()
  now.doc = null
  stage.info = null
  $('start').hidden = false
  $('editor').hidden = $('work').hidden = true
  $('home').textContent = 'slmsam'
  $('title').textContent = $('save').textContent = ''
  $('progress').hidden = true
}

function back() {
  working(false)
  say('ready: connected again, with all that was saved')
}

function saving(n) { $('save').textContent = n ? 'saving…' : 'saved' }

/** The objects, or the one that the first stroke makes. */
export function objects() {
  const all = now.doc.objects
  if (!all.size) all.set(1, { name: 'object 1', color: palette[0] })
  return all
}

/** Shows slices anew; null: all. */
function changed(slices) {
  for (const s of slices ?? Array(now.doc.info.slices).keys()) stage.put(s, now.doc.plane(s))
  later()
}

let due = false
/** Shows what is known about objects and slices anew, once however often it is called. */
export function later() {
  if (due) return
  due = true
  requestAnimationFrame(() => { due = false; if (now.doc) panels() })
}

function located() {
  if (!now.doc || !stage.info) return
  const slice = stage.slice, x = stage.position(stage.col), y = stage.position(stage.row)
  $('where').textContent = `slice ${slice} of ${now.doc.info.slices - 1} · x ${x} · y ${y} · value ${+stage.intensity(x, y, slice).toFixed(2)}`
  tools.paint()
  later()
}

export function select(label) {
  now.active = label
  later()
}

/** Goes to an object on a slice; the crosshair marks its middle. */
export function show(label, slice) {
  const pix = now.doc.plane(slice), w = now.doc.info.width
  let n = 0, x = 0, y = 0
  pix.forEach((l, i) => { if (l === label) { n++; x += i % w; y += Math.floor(i / w) } })
  if (n) stage.center(Math.round(x / n), Math.round(y / n))
  stage.goto(slice)
}

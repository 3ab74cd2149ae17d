// The open volume, the stage that displays it, and the active object. Start reading at open().

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
  active: 1, // label of the object that strokes belong to
  shown: true, // whether objects are visible
}

export const stage = new Stage($('gl'), () => located())
export const tools = new Tools(stage, $('over'), shape => stroke(shape), say)
export const strip = new Strip($('strip'), $('stripcanvas'), $('tip'), (slice, label) => {
  if (label !== undefined) select(label)
  if (slice !== null) stage.goto(slice)
})

let wanted = null // abort controller of the volume that was asked for last
let opening = Promise.resolve() // of the volumes that were asked for, one after another

/** Opens a volume. If another one is asked for before it is open, only that one is opened, so that the image, the outlines
 *  and the title always belong to the same volume. */
export function open(id) {
  wanted?.abort()
  const mine = wanted = new AbortController()
  return opening = opening.catch(() => {}).then(async () => {
    try {
      await load(id, mine.signal)
    } catch (err) {
      if (mine.signal.aborted) return
      leave()
      throw err
    }
  })
}

/** Rejects when the signal aborts. */
const aborted = signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

async function load(id, signal) {
  signal.throwIfAborted()
  say(`opening ${names[id] ?? id}`)
  const info = await (await api.request(api.volume(id), { signal })).json()
  const blob = await (await api.request(api.volume(id) + '/image', { signal })).blob()
  now.doc?.close()
  $('start').hidden = true
  $('editor').hidden = $('work').hidden = false
  now.doc = null
  if (!stage.nv) await stage.start()
  await stage.show(info, blob)
  signal.throwIfAborted()
  const opened = now.doc = new Doc(info, {
    changed: s => now.doc === opened && changed(s), job: e => now.doc === opened && job(e), saving: n => now.doc === opened && saving(n), failed: fail, back,
  })
  working(false)
  await Promise.race([opened.start(), aborted(signal)])
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

/** Closes the volume and shows the list. A volume that is being opened is not. */
export function leave() {
  wanted?.abort()
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
  say('ready: connected again; everything saved is here')
}

function saving(n) { $('save').textContent = n ? 'saving…' : 'saved' }

/** The objects or, if there are none, the one that the first stroke will create. */
export function objects() {
  const all = now.doc.objects
  if (!all.size) all.set(1, { name: 'object 1', color: palette[0] })
  return all
}

/** Redraws slices; null: all. */
function changed(slices) {
  for (const s of slices ?? Array(now.doc.info.slices).keys()) stage.put(s, now.doc.plane(s))
  later()
}

let due = false
/** Updates the panels before the next frame, once no matter how often it is called. */
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

/** Goes to a slice and moves the crosshair to the middle of an object on it. */
export function show(label, slice) {
  const pix = now.doc.plane(slice), w = now.doc.info.width
  let n = 0, x = 0, y = 0
  pix.forEach((l, i) => { if (l === label) { n++; x += i % w; y += Math.floor(i / w) } })
  if (n) stage.center(Math.round(x / n), Math.round(y / n))
  stage.goto(slice)
}

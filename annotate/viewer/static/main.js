// The page: the list of volumes, and the editor of one. Start reading at open().

import * as api from './api.js'
import { Doc, palette } from './doc.js'
import { Stage } from './stage.js'
import { Tools } from './tools.js'
import { Strip } from './strip.js'
import { bind } from './keys.js'

const $ = id => document.getElementById(id)
const presets = { auto: null, 'soft tissue': [-160, 240], lung: [-1350, 150], bone: [-450, 1050], brain: [0, 80], liver: [-10, 190] }

const icon = path => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`
const icons = {
  eye: icon('M1 8Q8 1 15 8Q8 15 1 8ZM8 6A2 2 0 1 0 8 10A2 2 0 1 0 8 6'), hidden: icon('M1 8Q8 1 15 8Q8 15 1 8ZM2 14L14 2'),
  locked: icon('M3 7H13V14H3ZM5 7V5A3 3 0 0 1 11 5V7'), unlocked: icon('M3 7H13V14H3ZM5 7V4A3 3 0 0 1 10.5 2.5'), remove: icon('M4 4L12 12M12 4L4 12'),
}

let doc = null // the open volume
let active = 1 // the object that is drawn
let running = null // since when a job runs, in ms
let shown = true // the objects
let hinted = ''
const stage = new Stage($('gl'), () => located())
const tools = new Tools(stage, $('over'), stroke)
const strip = new Strip($('strip'), $('stripcanvas'), $('tip'), (slice, label) => {
  if (label !== undefined) select(label)
  if (slice !== null) stage.goto(slice)
})

function say(text, error = false) {
  $('status').textContent = text
  $('status').title = text
  $('status').classList.toggle('error', error)
}
const fail = err => say('error: ' + err.message, true)
const guarded = f => async (...args) => { try { await f(...args) } catch (err) { fail(err) } }

// ---- the list of volumes

const states = { new: '○ new', outlined: '◔ outlined', propagated: '◑ propagated', reviewed: '● reviewed' }

const names = {} // of the volumes, by id

async function list() {
  const { volumes, notice } = await api.get('project')
  $('notice').textContent = notice ?? ''
  $('none').hidden = volumes.length > 0
  $('volumes').replaceChildren(...volumes.map(v => {
    const row = document.createElement('tr'), name = row.insertCell(), state = row.insertCell(), button = document.createElement('button')
    button.textContent = names[v.id] = v.name
    button.title = v.id
    button.onclick = guarded(() => open(v.id))
    name.append(button)
    state.textContent = v.error ?? states[v.state]
    return row
  }))
  return volumes
}

async function home() {
  leave()
  history.replaceState(null, '', location.pathname)
  await list()
  say('open a volume')
}

function leave() {
  doc?.close()
  doc = null
  stage.info = null
  $('start').hidden = false
  $('editor').hidden = $('work').hidden = true
  $('title').textContent = $('save').textContent = ''
  $('progress').hidden = true
}

const upload = guarded(async file => {
  if (!file) return
  say(`sending ${file.name}`)
  const answer = await api.request('volumes?name=' + encodeURIComponent(file.name), { method: 'POST', body: file })
  await open((await answer.json()).id)
})

// ---- opening a volume

async function open(id) {
  say(`opening ${id}`)
  const info = await api.get(api.volume(id))
  const blob = await (await api.request(api.volume(id) + '/image')).blob()
  doc?.close()
  $('start').hidden = true
  $('editor').hidden = $('work').hidden = false
  doc = null
  if (!stage.nv) await stage.start()
  await stage.show(info, blob)
  const opened = doc = new Doc(info, { changed: s => doc === opened && changed(s), job, saving, failed: fail, back })
  running = null
  working(false)
  await doc.start()
  location.hash = '#' + encodeURIComponent(id)
  $('title').textContent = names[id] ?? id
  $('title').title = id
  setup(info)
  select(doc.objects.keys().next().value ?? 1)
  const outlined = doc.marks(m => m.state === 'outlined')
  if (outlined.length) show(outlined[0][0], outlined[0][1])
  saving(0)
  say(`ready: ${info.dim.join(' × ')} voxels` + (info.notes?.length ? '; ' + info.notes.join('; ') : ''))
}

function back() {
  working(false)
  say('ready: connected again, with all that was saved')
}

function setup(info) {
  $('window').replaceChildren(...Object.keys(presets).filter(p => p === 'auto' || info.ct).map(p => new Option(p)))
  $('format').replaceChildren(...info.formats.map(f => new Option(f === '.dcm' ? 'DICOM SEG' : f, f)))
  $('view').value = 'slice'
  $('opacity').value = 40
  $('lo').value = Math.round(info.window[0])
  $('hi').value = Math.round(info.window[1])
  $('range').value = ''
  brush(Math.max(1, Math.round(8 * Math.min(...stage.size))))
}

// ---- what is shown

/** The objects, or the one that the first stroke makes. */
function objects() {
  const all = doc.objects
  if (!all.size) all.set(1, { name: 'object 1', color: palette[0] })
  return all
}

/** Shows slices anew; null: all. */
function changed(slices) {
  for (const s of slices ?? Array(doc.info.slices).keys()) stage.put(s, doc.plane(s))
  later()
}

let due = false
/** Shows what is known about objects and slices anew, once however often it is called. */
function later() {
  if (due) return
  due = true
  requestAnimationFrame(() => { due = false; if (doc) panels() })
}

let colored = ''
function panels() {
  const all = objects()
  if (!all.has(active)) active = all.keys().next().value
  tools.color = all.get(active).color
  const key = JSON.stringify([[...all], shown])
  if (key !== colored) { colored = key; stage.colors(all, shown) }
  if (!$('objects').contains(document.activeElement) || document.activeElement.type === 'button') objectList(all)
  strip.show(doc, all, active, stage.slice)
  here(all)
  doubtList(all)
  $('undo').disabled = !doc.undoable
  $('redo').disabled = !doc.redoable
  $('undo').title = `Undo ${doc.undoable} (Ctrl+Z)`
  $('redo').title = `Redo ${doc.redoable} (Ctrl+Shift+Z)`
  $('review').textContent = doc.reviewed ? 'Reviewed ✓' : 'Done: reviewed'
  $('review').setAttribute('aria-pressed', doc.reviewed)
  $('propagate').classList.toggle('ready', doc.changes > 0 && !running)
  hint()
}

function objectList(all) {
  const focused = document.activeElement?.dataset?.key
  $('objects').replaceChildren(...[...all].map(([label, o]) => {
    const item = document.createElement('li')
    item.classList.toggle('active', label === active)
    const set = more => doc.edit({ op: 'object', objects: { [label]: { ...o, ...more } } })
    const color = Object.assign(document.createElement('input'), { type: 'color', value: o.color, ariaLabel: `Color of ${o.name}` })
    color.onchange = () => set({ color: color.value.toLowerCase() })
    const name = Object.assign(document.createElement('input'), { type: 'text', value: o.name, ariaLabel: `Name of object ${label}`, maxLength: 60 })
    name.onfocus = () => select(label)
    name.onchange = () => set({ name: name.value || o.name })
    const button = (icon, what, pressed, run) => {
      const b = Object.assign(document.createElement('button'), { innerHTML: icons[icon], title: what, ariaLabel: `${what}: ${o.name}`, onclick: run })
      if (pressed !== null) b.setAttribute('aria-pressed', pressed)
      b.dataset.key = what + label
      return b
    }
    item.append(color, name,
      button(o.hidden ? 'hidden' : 'eye', o.hidden ? 'Show' : 'Hide', null, () => set({ hidden: !o.hidden })),
      button(o.locked ? 'locked' : 'unlocked', o.locked ? 'Unlock' : 'Lock', !!o.locked, () => set({ locked: !o.locked })),
      button('remove', 'Remove', null, () => doc.edit({ op: 'remove', object: label })))
    item.onclick = e => { if (e.target === item) select(label) }
    return item
  }))
  if (focused) $('objects').querySelector(`[data-key="${focused}"]`)?.focus()
}

function here(all) {
  const m = doc.mark(active, stage.slice)
  $('here').textContent = `Slice ${stage.slice}, ${all.get(active).name}: ${strip.say(active, stage.slice)}.`
  $('accept').disabled = !m || m.accepted || m.state !== 'tracked' && m.state !== 'notfound'
  $('forget').disabled = !m || m.state !== 'outlined' && m.state !== 'absent'
  $('absent').disabled = m?.state === 'absent'
}

function doubtList(all) {
  const doubts = doc.doubts()
  $('count').textContent = doubts.length ? `▲ ${doubts.length}` : ''
  $('next').disabled = !doubts.length
  $('doubts').replaceChildren(...doubts.slice(0, 40).map(([label, slice, m]) => {
    const item = document.createElement('li'), b = document.createElement('button')
    b.textContent = `${slice} ${all.get(label)?.name ?? label}: ${m.doubts.map(d => d.reason).join('; ')}`
    b.onclick = () => { select(label); show(label, slice) }
    item.append(b)
    return item
  }))
}

/** Says what comes next, as long as it is not obvious. */
function hint() {
  const outlines = doc.marks(m => m.state === 'outlined').length, found = doc.marks(m => m.state === 'tracked').length
  let text = ''
  if (!outlines && !found) text = 'Go to a slice where the object is seen well (wheel), and draw around it.'
  else if (!found && !running && outlines === 1) text = 'Now press Propagate. Or outline more objects first (+ Add).'
  if (text !== hinted) $('hint').textContent = hinted = text
}

function located() {
  if (!doc || !stage.info) return
  const slice = stage.slice
  $('where').textContent = `slice ${slice} of ${doc.info.slices - 1}   x ${stage.position(stage.col)}  y ${stage.position(stage.row)}   ` +
    `value ${+stage.intensity(stage.position(stage.col), stage.position(stage.row), slice).toFixed(2)}`
  tools.paint()
  later()
}

function select(label) {
  active = label
  later()
}

/** Goes to an object on a slice; the crosshair marks its middle. */
function show(label, slice) {
  const pix = doc.plane(slice), w = doc.info.width
  let n = 0, x = 0, y = 0
  pix.forEach((l, i) => { if (l === label) { n++; x += i % w; y += Math.floor(i / w) } })
  if (n) stage.center(Math.round(x / n), Math.round(y / n))
  stage.goto(slice)
}

// ---- changes

/** Takes a stroke of the tools onto the slice. */
function stroke(shape) {
  const slice = stage.slice, old = doc.plane(slice), pix = old.slice(), all = objects()
  const locked = new Set([...all].filter(([, o]) => o.locked).map(([label]) => label))
  if (locked.has(active)) return say(`error: ${all.get(active).name} is locked: unlock it first`, true)
  const limit = $('limit').checked && !shape.away ? [+$('lo').value, +$('hi').value] : null
  const w = doc.info.width
  let changes = 0
  if (shape.anew) old.forEach((l, i) => { if (l === active) { pix[i] = 0; changes++ } })
  const closed = shape.run(i => {
    const now = shape.away ? 0 : active
    if (pix[i] === now || locked.has(pix[i]) || shape.away && pix[i] !== active) return
    if (limit) {
      const v = stage.intensity(i % w, Math.floor(i / w), slice)
      if (v < limit[0] || v > limit[1]) return
    }
    pix[i] = now
    changes++
  }, i => old[i] === active)
  if (shape.fill && !closed) return say('error: there is no closed outline around that point', true)
  if (changes) doc.draw(slice, pix, doc.objects.has(active) ? undefined : { [active]: all.get(active) })
}

function add() {
  const all = doc.objects
  let label = 1
  while (all.has(label)) label++
  if (label > 255) return say('error: there are 255 objects at most', true)
  const used = new Set([...all.values()].map(o => o.color))
  const color = palette.find(c => !used.has(c)) ?? palette[(label - 1) % palette.length]
  doc.edit({ op: 'object', objects: { [label]: { name: `object ${label}`, color } } }).then(() => select(label))
}

function remark(op, more = {}) { doc.edit({ op, object: active, slice: stage.slice, ...more }) }

function saving(n) { $('save').textContent = n ? 'saving…' : 'saved' }

const settled = () => doc.queue // until everything is saved

function next(back) {
  const doubts = doc.doubts().map(([label, slice]) => [label, slice])
  if (!doubts.length) return say('no slice is doubtful')
  const at = doubts.findIndex(([label, slice]) => label === active && slice === stage.slice)
  const [label, slice] = doubts[(at + (back ? doubts.length - 1 : 1) + (at < 0 && back ? 1 : 0)) % doubts.length]
  select(label)
  show(label, slice)
}

// ---- propagation

function working(on) {
  $('stop').hidden = $('progress').hidden = !on
  $('propagate').disabled = on
  if (!on) running = null
}

const propagate = guarded(async () => {
  say('propagating')
  const range = $('range').value.trim().match(/^(\d+)\s*[-–:]\s*(\d+)$/)
  if ($('range').value.trim() && !range) throw new Error('slices to work on: want two numbers, as 10-40')
  await settled()
  await api.post(doc.path + '/propagation', doc.by({ direction: $('direction').value, first: range ? +range[1] : 0, end: range ? +range[2] + 1 : 0 }))
})

function job(e) {
  if (e.type === 'slice') {
    running ??= Date.now()
    working(true)
    $('progress').value = e.done / e.total
    const left = (Date.now() - running) / 1000 * (e.total - e.done) / Math.max(1, e.done - 1)
    say(`propagating: ${e.done} of ${e.total}` + (e.done > 2 ? `, ${left < 90 ? Math.ceil(left) + ' s' : Math.ceil(left / 60) + ' min'} left` : ''))
    return
  }
  working(e.state === 'queued' || e.state === 'running' || e.state === 'superseded')
  if (e.state === 'running') running = Date.now()
  if (e.state === 'queued' || e.state === 'superseded') $('progress').removeAttribute('value')
  switch (e.state) {
    case 'queued': return say(e.ahead ? `propagating: waiting for ${e.ahead} other${e.ahead > 1 ? 's' : ''}` : 'propagating')
    case 'running': return say('propagating: looking at the outlines')
    case 'superseded': return say('propagating: the outlines changed, starting again')
    case 'cancelled': return say('stopped; nothing was changed')
    case 'failed': return say('error: ' + e.error, true)
    case 'done': {
      const n = doc.doubts().length
      say(n ? `done: look at ${n} doubtful slice${n > 1 ? 's' : ''} (N)` : 'done')
    }
  }
}

// ---- downloads

const download = guarded(async () => {
  await settled()
  const format = $('format').value
  await api.save(`${doc.path}/labels?format=${encodeURIComponent(format)}`, `${doc.info.id}_labels${format}`)
})

const report = guarded(async () => {
  await settled()
  const page = window.open('', '_blank')
  try {
    const url = URL.createObjectURL(await (await api.request(doc.path + '/report')).blob())
    page.location = url
  } catch (err) {
    page?.close()
    throw err
  }
})

const review = guarded(async () => {
  await settled()
  const reviewed = !doc.reviewed
  await api.post(doc.path + '/review', doc.by({ reviewed }))
  say(reviewed ? 'saved as reviewed, in labelsTr' : 'no longer reviewed')
})

// ---- controls

function brush(mm) {
  tools.mm = Math.max(1, Math.min(60, mm))
  $('brush').value = tools.mm
  $('brushmm').textContent = `${tools.mm} mm`
  tools.paint()
}

function tool(name) {
  tools.select(name)
  if (stage.nv) stage.cross(name === 'move')
  for (const b of document.querySelectorAll('[data-tool]')) {
    b.setAttribute('aria-checked', b.dataset.tool === name)
    b.tabIndex = b.dataset.tool === name ? 0 : -1
  }
}

function view(mode) {
  $('view').value = mode
  stage.setMode(mode)
}

function wire() {
  const click = (id, f) => { $(id).onclick = f }
  click('home', guarded(home))
  click('undo', () => doc.turn('undo'))
  click('redo', () => doc.turn('redo'))
  click('propagate', propagate)
  click('stop', guarded(() => api.request(doc.path + '/propagation', { method: 'DELETE' })))
  click('download', download)
  click('report', report)
  click('review', review)
  click('add', add)
  click('accept', () => remark('accept'))
  click('absent', () => remark('absent', { end: stage.slice + 1 }))
  click('forget', () => remark('forget'))
  click('next', () => next())
  click('help', () => $('keys').showModal())
  for (const b of document.querySelectorAll('[data-tool]')) b.onclick = () => tool(b.dataset.tool)
  $('brush').oninput = e => brush(+e.target.value)
  $('limit').onchange = e => { $('lo').disabled = $('hi').disabled = !e.target.checked }
  $('view').onchange = e => view(e.target.value)
  $('window').onchange = e => stage.setWindow(...presets[e.target.value] ?? doc.info.window)
  $('opacity').oninput = e => stage.setOpacity(e.target.value / 100)
  $('open').onchange = e => { upload(e.target.files[0]); e.target.value = '' }
  for (const type of ['dragover', 'dragleave', 'drop']) {
    window.addEventListener(type, e => {
      e.preventDefault()
      document.body.classList.toggle('dragging', type === 'dragover')
      if (type === 'drop') upload(e.dataTransfer.files[0])
    })
  }
  // after a click the keys are the editor's again, not the button's
  document.addEventListener('click', e => { if (doc && e.detail && e.target.closest('button')) stage.canvas.focus({ preventScroll: true }) })
  document.addEventListener('change', e => { if (doc && e.target.matches('select, input[type=range], input[type=checkbox]')) stage.canvas.focus({ preventScroll: true }) })
  window.addEventListener('keyup', e => { if (e.key === ' ' && !shown) { shown = true; later() } })
  window.addEventListener('beforeunload', e => { if (doc?.waiting) e.preventDefault() })
  window.addEventListener('hashchange', guarded(async () => {
    const id = decodeURIComponent(location.hash.slice(1))
    if (id && id !== doc?.info.id) await open(id)
  }))
}

const inDoc = f => (...args) => { if (doc) f(...args) }
const pick = n => inDoc(() => { const label = [...objects().keys()][n - 1]; if (label) select(label) })
bind([
  ['O', 'Outline: draw around the object', inDoc(() => tool('outline'))],
  ['P', 'Polygon: click corners, Enter closes', inDoc(() => tool('polygon'))],
  ['B', 'Brush', inDoc(() => tool('brush'))],
  ['E', 'Eraser', inDoc(() => tool('erase'))],
  ['F', 'Fill a closed outline', inDoc(() => tool('fill'))],
  ['M', 'Move the crosshair', inDoc(() => tool('move'))],
  ['[', 'Smaller brush', inDoc(() => brush(tools.mm - 1))],
  [']', 'Larger brush', inDoc(() => brush(tools.mm + 1))],
  ['↑  →', 'Next slice', inDoc(() => stage.goto(stage.slice + 1))],
  ['↓  ←', 'Slice before', inDoc(() => stage.goto(stage.slice - 1))],
  ['PageUp', 'Ten slices on', inDoc(() => stage.goto(stage.slice + 10))],
  ['PageDown', 'Ten slices back', inDoc(() => stage.goto(stage.slice - 10))],
  ['Home', 'First slice', inDoc(() => stage.goto(0))],
  ['End', 'Last slice', inDoc(() => stage.goto(doc.info.slices - 1))],
  ['N', 'Next doubtful slice', inDoc(() => next())],
  ['V', 'Doubtful slice before', inDoc(() => next(true))],
  ['C', 'Accept what was found here', inDoc(() => remark('accept'))],
  ['X', 'The object is not here', inDoc(() => remark('absent', { end: stage.slice + 1 }))],
  ['Del', 'Forget what was said of this slice', inDoc(() => remark('forget'))],
  ['Enter', 'Propagate, or close the polygon', inDoc(() => tools.points.length ? tools.close() : propagate())],
  ['Esc', 'Give up the stroke, or stop the propagation', inDoc(() => tools.points.length ? tools.cancel() : $('stop').hidden || $('stop').click())],
  ['Ctrl+Z', 'Undo', inDoc(() => doc.turn('undo'))],
  ['Ctrl+Shift+Z  Ctrl+Y', 'Redo', inDoc(() => doc.turn('redo'))],
  ['A', 'Add an object', inDoc(add)],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(n => [`${n}`, n === 1 ? 'Object of that row (to 9)' : '', pick(n)]),
  ['Space', 'Hide the objects while held', inDoc(() => { shown = false; later() })],
  ['+', 'Zoom in', inDoc(() => stage.zoom(1.2))],
  ['-', 'Zoom out', inDoc(() => stage.zoom(1 / 1.2))],
  ['S', 'One slice', inDoc(() => view('slice'))],
  ['T', 'Three planes', inDoc(() => view('planes'))],
  ['G', '3-D', inDoc(() => view('3d'))],
  ['D', 'Download the label map', inDoc(download)],
  ['R', 'Report', inDoc(report)],
  ['?', 'This list', () => $('keys').showModal()],
], $('keylist'))
window.stage = stage // for the browser check, and for the curious
wire()
tool('outline')
guarded(async () => {
  const volumes = await list()
  const id = decodeURIComponent(location.hash.slice(1))
  if (id && volumes.some(v => v.id === id)) return open(id)
  say('open a volume')
})()

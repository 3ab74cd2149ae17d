// The panels beside the volume: its objects, the current slice, the doubtful slices, and what to do next.

import { $, icons, make } from './page.js'
import { now, objects, select, show, stage, strip, tools } from './opened.js'
import { running } from './propagation.js'
import { acceptable } from './strokes.js'

let colored = '' // the objects that the stage has been given colors for

export function panels() {
  const { doc } = now, all = objects()
  if (!all.has(now.active)) now.active = all.keys().next().value
  tools.color = all.get(now.active).color
  const key = JSON.stringify([doc.info.id, [...all], now.shown])
  if (key !== colored) { colored = key; stage.colors(all, now.shown) }
  if (!$('objects').contains(document.activeElement) || document.activeElement.type === 'button') objectList(all)
  strip.show(doc, all, now.active, stage.slice)
  here(all)
  doubtList(all)
  $('undo').disabled = !doc.undoable
  $('redo').disabled = !doc.redoable
  $('undo').title = `Undo ${doc.undoable} (Ctrl+Z)`
  $('redo').title = `Redo ${doc.redoable} (Ctrl+Shift+Z)`
  $('review').textContent = doc.reviewed ? 'Reviewed ✓' : 'Mark as reviewed'
  $('review').setAttribute('aria-pressed', doc.reviewed)
  $('propagate').classList.toggle('ready', doc.changes > 0 && !running())
  next()
}

function objectList(all) {
  const focused = document.activeElement?.dataset?.key
  $('objects').replaceChildren(...[...all].map(([label, o]) => objectRow(label, o)))
  if (focused) $('objects').querySelector(`[data-key="${focused}"]`)?.focus()
}

function objectRow(label, o) {
  const { doc } = now
  const set = more => doc.edit({ op: 'object', objects: { [label]: { ...o, ...more } } })
  const color = make('input', { type: 'color', value: o.color, ariaLabel: `Color of ${o.name}`, title: 'Color' })
  color.onchange = () => set({ color: color.value.toLowerCase() })
  const name = make('input', { type: 'text', value: o.name, ariaLabel: `Name of object ${label}`, title: 'Click to rename', maxLength: 60 })
  name.onfocus = () => { select(label); if (/^object \d+$/.test(name.value)) name.select() }
  name.onchange = () => set({ name: name.value || o.name })
  const button = (icon, what, pressed, run) => {
    const b = make('button', { innerHTML: icons[icon], title: what, ariaLabel: `${what}: ${o.name}`, onclick: run })
    if (pressed !== null) b.setAttribute('aria-pressed', pressed)
    b.dataset.key = what + label
    return b
  }
  const item = make('li', {}, color, name,
    button(o.hidden ? 'hidden' : 'eye', o.hidden ? 'Show' : 'Hide', null, () => set({ hidden: !o.hidden })),
    button(o.locked ? 'locked' : 'unlocked', o.locked ? 'Unlock' : 'Lock', !!o.locked, () => set({ locked: !o.locked })),
    button('remove', 'Remove', null, () => doc.objects.has(label) && doc.edit({ op: 'remove', object: label })))
  item.classList.toggle('active', label === now.active)
  item.onclick = e => { if (e.target === item) select(label) }
  return item
}

function here(all) {
  const m = now.doc.mark(now.active, stage.slice)
  $('here').textContent = `Slice ${stage.slice}, ${all.get(now.active).name}: ${strip.say(now.active, stage.slice)}.`
  $('accept').disabled = !acceptable(m)
  $('forget').disabled = !m || m.state !== 'outlined' && m.state !== 'absent'
  $('absent').disabled = m?.state === 'absent' || !now.doc.objects.has(now.active)
}

function doubtList(all) {
  const doubts = now.doc.doubts()
  $('count').textContent = doubts.length ? `▲ ${doubts.length}` : ''
  $('next').disabled = !doubts.length
  $('doubts').replaceChildren(...doubts.slice(0, 40).map(([label, slice, m]) => {
    const b = make('button', { textContent: `${slice} ${all.get(label)?.name ?? label}: ${m.doubts.map(d => d.reason).join('; ')}` })
    b.onclick = () => { select(label); show(label, slice) }
    return make('li', {}, b)
  }))
}

/** Shows what to do next: over the volume until something is drawn, then beside it. */
function next() {
  const { doc } = now
  const outlines = doc.marks(m => m.state === 'outlined').length, found = doc.marks(m => m.state === 'tracked').length
  let text = ''
  if (running()) text = 'You can keep drawing in the meantime.'
  else if (doc.reviewed) text = 'The label map is saved in labelsTr. On to the next volume: ‹ Volumes, top left.'
  else if (!found && outlines) text = 'Now press Propagate (Enter), or add more objects first (+ Add).'
  else if (doc.changes && outlines) text = 'Press Propagate (Enter) again: only what is affected is recomputed.'
  else if (doc.doubts().length) text = 'Check the doubtful slices (N): accept them (C), or correct them with any tool.'
  else if (found) text = 'Look through all slices, then Download, or Mark as reviewed.'
  if ($('what').textContent !== text) $('what').textContent = text
  const first = !outlines && !found ? 'Go to a slice that shows the object well (mouse wheel), and draw around it.' : ''
  if ($('hint').textContent !== first) $('hint').textContent = first
}

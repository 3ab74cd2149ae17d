// The page starts here: it connects controls and keys to what they do. Continue with volumes.js (the list) and opened.js (the
// editor).

import { $, guarded, say } from './page.js'
import { drop, home, list, upload } from './volumes.js'
import { now, objects, open, select, stage, tools } from './opened.js'
import { accept, add, nextDoubt, remark, reveal } from './strokes.js'
import { propagate, stop } from './propagation.js'
import { download, report, review } from './downloads.js'
import { dataset, serve, stopTraining, train } from './training.js'
import { brush, show, tool, view } from './controls.js'
import { bind } from './keys.js'

const absent = () => remark('absent', { end: stage.slice + 1 })
const turn = which => now.doc.turn(which)

function wire() {
  const clicks = {
    home: guarded(home), undo: () => turn('undo'), redo: () => turn('redo'), propagate, stop, download, report, review, add, accept, absent,
    forget: () => remark('forget'), next: () => nextDoubt(), help: () => $('keys').showModal(), train, stoptrain: stopTraining, dataset,
  }
  for (const [id, f] of Object.entries(clicks)) $(id).onclick = () => f()
  for (const b of document.querySelectorAll('[data-tool]')) b.onclick = () => tool(b.dataset.tool)
  $('brush').oninput = e => brush(+e.target.value)
  $('limit').onchange = e => { $('lo').disabled = $('hi').disabled = !e.target.checked }
  $('view').onchange = e => view(e.target.value)
  $('window').onchange = e => show(e.target.value)
  $('opacity').oninput = e => stage.setOpacity(e.target.value / 100)
  $('weights').onchange = e => serve(e.target.value)
  $('open').onchange = async e => { await upload([...e.target.files]); e.target.value = '' }
  for (const type of ['dragover', 'dragleave', 'drop']) {
    window.addEventListener(type, e => {
      e.preventDefault()
      document.body.classList.toggle('dragging', type === 'dragover')
      if (type === 'drop') drop(e.dataTransfer)
    })
  }
  // after a click, keys go to the editor again, not to the button
  const back = () => stage.canvas.focus({ preventScroll: true })
  document.addEventListener('click', e => { if (now.doc && e.detail && e.target.closest('button')) back() })
  document.addEventListener('change', e => { if (now.doc && e.target.matches('select, input[type=range], input[type=checkbox]')) back() })
  window.addEventListener('keyup', e => { if (e.key === ' ' && !now.shown) reveal(true) })
  window.addEventListener('blur', () => { if (!now.shown) reveal(true) }) // the key may be released elsewhere
  window.addEventListener('beforeunload', e => { if (now.doc?.waiting) e.preventDefault() })
  window.addEventListener('hashchange', guarded(async () => {
    const id = decodeURIComponent(location.hash.slice(1))
    if (id && id !== now.doc?.info.id) await open(id)
    if (!id && now.doc) await home()
  }))
}

/** A command for the editor: does nothing while no volume is open. */
const inDoc = f => (...args) => { if (now.doc) f(...args) }
const pick = n => inDoc(() => { const label = [...objects().keys()][n - 1]; if (label) select(label) })
bind([
  ['O', 'Outline: draw around the object', inDoc(() => tool('outline'))],
  ['P', 'Polygon: click corners, Enter closes', inDoc(() => tool('polygon'))],
  ['B', 'Brush', inDoc(() => tool('brush'))],
  ['E', 'Eraser', inDoc(() => tool('erase'))],
  ['F', 'Fill a closed outline', inDoc(() => tool('fill'))],
  ['W', 'Box: the model outlines what is inside', inDoc(() => tool('box'))],
  ['Q', 'Click: the model outlines what is there', inDoc(() => tool('click'))],
  ['M', 'Move the crosshair', inDoc(() => tool('move'))],
  ['[', 'Smaller brush', inDoc(() => brush(tools.mm - 1))],
  [']', 'Larger brush', inDoc(() => brush(tools.mm + 1))],
  ['↑  →', 'Next slice', inDoc(() => stage.goto(stage.slice + 1))],
  ['↓  ←', 'Previous slice', inDoc(() => stage.goto(stage.slice - 1))],
  ['PageUp', 'Ten slices forward', inDoc(() => stage.goto(stage.slice + 10))],
  ['PageDown', 'Ten slices back', inDoc(() => stage.goto(stage.slice - 10))],
  ['Home', 'First slice', inDoc(() => stage.goto(0))],
  ['End', 'Last slice', inDoc(() => stage.goto(now.doc.info.slices - 1))],
  ['N', 'Next doubtful slice', inDoc(() => nextDoubt())],
  ['V', 'Previous doubtful slice', inDoc(() => nextDoubt(true))],
  ['C', 'Accept this slice and go to the next doubtful one', inDoc(accept)],
  ['X', 'The object is not on this slice', inDoc(absent)],
  ['Del', 'Forget what you said about this slice', inDoc(() => remark('forget'))],
  ['Enter', 'Propagate, or close the polygon', inDoc(() => tools.points.length ? tools.close() : propagate())],
  ['Esc', 'Cancel the stroke, or stop the propagation', inDoc(() => tools.points.length ? tools.cancel() : $('stop').hidden || stop())],
  ['Ctrl+Z', 'Undo', inDoc(() => turn('undo'))],
  ['Ctrl+Shift+Z  Ctrl+Y', 'Redo', inDoc(() => turn('redo'))],
  ['A', 'Add an object', inDoc(add)],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(n => [`${n}`, n === 1 ? 'First object; 2 to 9 for the others' : '', pick(n)]),
  ['Space', 'Hide the objects while held', inDoc(() => reveal(false))],
  ['+', 'Zoom in', inDoc(() => stage.zoom(1.2))],
  ['-', 'Zoom out', inDoc(() => stage.zoom(1 / 1.2))],
  ['S', 'One slice', inDoc(() => view('slice'))],
  ['T', 'Three planes', inDoc(() => view('planes'))],
  ['G', '3-D', inDoc(() => view('3d'))],
  ['D', 'Download the label map', inDoc(download)],
  ['R', 'Report', inDoc(report)],
  ['?', 'Show this list', () => $('keys').showModal()],
], $('keylist'))
window.stage = stage // for the browser check, and for curious users
wire()
tool('outline')
guarded(async () => {
  const volumes = await list()
  const id = decodeURIComponent(location.hash.slice(1))
  if (id && volumes.some(v => v.id === id)) return open(id)
  say('open a volume')
})()

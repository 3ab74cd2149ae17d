// The controls on the left: tools, brush, range of intensities, view, window.

import { $ } from './page.js'
import { now, stage, tools } from './opened.js'
import { endHint } from './strokes.js'

const presets = { 'soft tissue': [-160, 240], liver: [-10, 190], lung: [-1350, 150], bone: [-450, 1050], brain: [0, 80] }
const own = 'the model’s'

/** Sets the controls for a newly opened volume. */
export function setup(info) {
  const named = info.ct ? Object.keys(presets) : []
  $('window').replaceChildren(...[...named, own].map(p => new Option(p)))
  $('format').replaceChildren(...info.formats.map(f => new Option(f === '.dcm' ? 'DICOM SEG' : f, f)))
  $('view').value = 'slice'
  $('opacity').value = 40
  show($('window').value)
  const [lo, hi] = presets[$('window').value] ?? info.window
  $('lo').value = Math.round(lo)
  $('hi').value = Math.round(hi)
  $('range').value = ''
  endHint()
  brush(Math.max(1, Math.round(8 * Math.min(...stage.size))))
}

/** Sets the intensity window to a preset or, for any other name, to the model's. */
export function show(preset) { stage.setWindow(...presets[preset] ?? now.doc.info.window) }

/** The range of intensities that painting is limited to, [lo, hi]; null: no limit. */
export const limit = () => $('limit').checked ? [+$('lo').value, +$('hi').value] : null

/** Sets the diameter of the brush. */
export function brush(mm) {
  tools.mm = Math.max(1, Math.min(60, mm))
  $('brush').value = tools.mm
  $('brushmm').textContent = `${tools.mm} mm`
  tools.paint()
}

/** Selects a tool. */
export function tool(name) {
  endHint()
  tools.select(name)
  if (stage.nv) stage.cross(name === 'move')
  for (const b of document.querySelectorAll('[data-tool]')) {
    b.setAttribute('aria-checked', b.dataset.tool === name)
    b.tabIndex = b.dataset.tool === name ? 0 : -1
  }
}

export function view(mode) {
  $('view').value = mode
  stage.setMode(mode)
}

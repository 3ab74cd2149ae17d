// Propagating the outlines through the volume: starting and stopping it, and showing its progress.

import * as api from './api.js'
import { $, duration, guarded, say } from './page.js'
import { now } from './opened.js'

let since = null // when the job started, in ms; null: there is none

export const running = () => since !== null

/** Shows whether there is a job. */
export function working(on) {
  $('stop').hidden = $('progress').hidden = !on
  $('propagate').disabled = on
  since = on ? since ?? Date.now() : null
}

export const propagate = guarded(async () => {
  const { doc } = now, text = $('range').value.trim()
  if (running()) return say('propagating already: press Stop (Esc) first')
  say('propagating')
  const range = text.match(/^(\d+)\s*[-–:]\s*(\d+)$/)
  if (text && !range) throw new Error('slices to work on: enter two numbers, such as 10-40')
  await doc.queue
  await api.post(doc.path + '/propagation', doc.by({ direction: $('direction').value, first: range ? +range[1] : 0, end: range ? +range[2] + 1 : 0 }))
})

export const stop = guarded(() => api.request(now.doc.path + '/propagation', { method: 'DELETE' }))

/** Handles an event of the job. */
export function job(e) {
  if (e.type === 'slice') {
    working(true)
    $('progress').value = e.done / e.total
    const left = (Date.now() - since) / 1000 * (e.total - e.done) / Math.max(1, e.done)
    return say(`propagating: ${e.done} of ${e.total}` + (e.done > 1 && left >= 1 ? `, ${duration(left)} left` : ''))
  }
  working(e.state === 'queued' || e.state === 'running' || e.state === 'superseded')
  if (e.state === 'running') since = Date.now()
  if (e.state === 'queued' || e.state === 'superseded') $('progress').removeAttribute('value')
  switch (e.state) {
    case 'queued': return say(e.ahead ? `propagating: waiting for ${e.ahead} other${e.ahead > 1 ? 's' : ''}` : 'propagating')
    case 'running': return say('propagating: looking at the outlines')
    case 'superseded': return say('propagating: the outlines changed, starting again')
    case 'cancelled': return say('stopped; nothing was changed')
    case 'failed': return say('error: ' + e.error, true)
    case 'done': {
      const n = now.doc.doubts().length
      say(n ? `done: check ${n} doubtful slice${n > 1 ? 's' : ''} (N)` : 'done')
    }
  }
}

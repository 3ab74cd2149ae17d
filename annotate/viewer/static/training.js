// Training on the reviewed volumes: starting and stopping it, its progress, and the weights in use.

import * as api from './api.js'
import { $, duration, guarded, say } from './page.js'
import { list } from './volumes.js'
import { now } from './opened.js'

const pause = 2000 // ms between two requests for the state
let timer = null
let running = false

/** Shows the state of the training; reviewed is the number of volumes it can use. */
export async function learning(reviewed) {
  clearTimeout(timer)
  $('dataset').disabled = reviewed === 0
  let state
  try { state = await api.get('training') } catch (err) {
    if (err.status === 404) { $('train').hidden = $('trainform').hidden = true; return }
    throw err
  }
  const { training, weights, serving } = state, was = running
  running = training?.state === 'running'
  $('trainwhy').textContent = reviewed
    ? `The model learns from ${reviewed > 1 ? `the ${reviewed} reviewed volumes` : 'the reviewed volume'}. New weights are used from then on if they do better on slices or volumes held back. You can keep annotating in the meantime.`
    : 'Mark one to five volumes as reviewed, and the model can learn from them.'
  $('train').disabled = running || !reviewed
  $('minutes').disabled = running
  $('stoptrain').hidden = $('trainpart').hidden = !running
  $('trainstate').textContent = training ? told(training) : ''
  if (training?.state === 'running') $('trainpart').value = training.part
  choices(weights, serving)
  if (was && !running && !now.doc) say(`training ${training.state}`)
  if (running) timer = setTimeout(guarded(() => learning(reviewed)), pause)
}

/** Describes a training in words. */
function told(t) {
  if (t.state !== 'running') return { done: 'Done', failed: 'Failed', stopped: 'Stopped' }[t.state] + `: ${t.text}`
  let text = `Training on ${t.volumes} volume${t.volumes > 1 ? 's' : ''}: ${t.text}`
  if (t.left >= 1) text += `, ${duration(t.left)} left`
  if (t.before !== undefined) text += `. Dice before ${t.before.toFixed(3)}, best so far ${t.best.toFixed(3)}`
  return text
}

function choices(weights, serving) {
  const first = new Option('those the server was started with', '')
  $('weights').replaceChildren(first, ...weights.map(w => {
    const gain = w.gain ? `, Dice ${w.gain.before.toFixed(3)} → ${w.gain.after.toFixed(3)}` : ''
    return new Option(`${new Date(w.made).toLocaleString()}: ${w.volumes.length} volume${w.volumes.length > 1 ? 's' : ''}${gain}`, w.id)
  }))
  $('weights').value = serving
  $('weights').title = weights.find(w => w.id === serving)?.text ?? ''
}

export const train = guarded(async () => {
  await api.post('training', { minutes: +$('minutes').value || 0 })
  say('training')
  await list()
})

export const stopTraining = guarded(async () => {
  await api.request('training', { method: 'DELETE' })
  await list()
})

export const serve = guarded(async id => {
  await api.post('weights', { id })
  say(id ? 'the fine-tuned weights are now in use' : 'the weights the server was started with are now in use')
})

export const dataset = guarded(() => api.save('dataset', 'Dataset001_reviewed.zip'))

// Training on what is reviewed: asking for it, how it goes, and which weights serve.

import * as api from './api.js'
import { $, duration, guarded, say } from './page.js'
import { list } from './volumes.js'
import { now } from './opened.js'

const pause = 2000 // ms between two looks
let timer = null
let running = false

/** Shows how the training stands; reviewed is how many volumes there are to learn from. */
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
    ? `The model learns from ${reviewed > 1 ? `the ${reviewed} reviewed volumes` : 'the reviewed volume'}; what is better on slices or volumes held back serves from then on. You can go on annotating meanwhile.`
    : 'Mark one to five volumes as reviewed: then the model can learn from them.'
  $('train').disabled = running || !reviewed
  $('minutes').disabled = running
  $('stoptrain').hidden = $('trainpart').hidden = !running
  $('trainstate').textContent = training ? told(training) : ''
  if (training?.state === 'running') $('trainpart').value = training.part
  choices(weights, serving)
  if (was && !running && !now.doc) say(`training ${training.state}`)
  if (running) timer = setTimeout(guarded(() => learning(reviewed)), pause)
}

/** A training in words. */
function told(t) {
  if (t.state !== 'running') return { done: 'Done', failed: 'Failed', stopped: 'Stopped' }[t.state] + `: ${t.text}`
  let text = `Training on ${t.volumes} volume${t.volumes > 1 ? 's' : ''}: ${t.text}`
  if (t.left >= 1) text += `, ${duration(t.left)} left`
  if (t.before !== undefined) text += `. Dice before ${t.before.toFixed(3)}, best so far ${t.best.toFixed(3)}`
  return text
}

function choices(weights, serving) {
  const first = new Option('those that the server was started with', '')
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
  say(id ? 'the fine-tuned weights serve now' : 'the weights that the server was started with serve now')
})

export const dataset = guarded(() => api.save('dataset', 'Dataset001_reviewed.zip'))

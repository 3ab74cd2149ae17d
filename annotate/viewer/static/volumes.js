// The first screen: the list of volumes, and files that are dropped on the page.

import * as api from './api.js'
import { $, guarded, make, say } from './page.js'
import { leave, open } from './opened.js'
import { learning } from './training.js'

const states = { new: '○ new', outlined: '◔ outlined', propagated: '◑ propagated', reviewed: '● reviewed' }

/** What people call the volumes, by id. */
export const names = {}

export async function list() {
  const { volumes, notice } = await api.get('project')
  $('notice').textContent = notice ?? ''
  $('none').hidden = volumes.length > 0
  $('volumes').replaceChildren(...volumes.map(v => {
    const button = make('button', { textContent: names[v.id] = v.name, title: v.id, onclick: guarded(() => open(v.id)) })
    return make('tr', {}, make('td', {}, button), make('td', { textContent: v.error ?? states[v.state] }))
  }))
  await learning(volumes.filter(v => v.state === 'reviewed').length)
  return volumes
}

export async function home() {
  leave()
  history.replaceState(null, '', location.pathname)
  await list()
  say('open a volume')
}

export const upload = guarded(async file => {
  if (!file) return
  say(`sending ${file.name}`)
  const answer = await api.request('volumes?name=' + encodeURIComponent(file.name), { method: 'POST', body: file })
  const { id } = await answer.json()
  await list()
  await open(id)
})

// The first screen: the list of volumes, and adding volumes by dropping files on the page.

import * as api from './api.js'
import { $, guarded, make, say } from './page.js'
import { leave, open } from './opened.js'
import { learning } from './training.js'

const states = { new: '○ new', outlined: '◔ outlined', propagated: '◑ propagated', reviewed: '● reviewed' }

/** The names of the volumes, by ID. */
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

/** Uploads a volume and opens it: a single file, or the files of a DICOM series. */
export const upload = guarded(async (files, folder = '') => {
  if (!files.length) return
  const [file] = files, single = files.length === 1 && /\.(nii|nii\.gz|nrrd|mha)$/i.test(file.name)
  say(single ? `sending ${file.name}` : `sending ${files.length} files`)
  let answer
  if (single) {
    answer = await api.request('volumes?name=' + encodeURIComponent(file.name), { method: 'POST', body: file })
  } else {
    const form = new FormData()
    for (const f of files) form.append('files', f)
    answer = await api.request('series?name=' + encodeURIComponent(folder || file.name.replace(/\.[^.]*$/, '')), { method: 'POST', body: form })
  }
  const { id } = await answer.json()
  await list()
  await open(id)
})

/** Uploads what was dropped: files, or a folder. */
export const drop = guarded(async transfer => {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean)
  const folder = entries.find(e => e.isDirectory)
  if (!folder) return upload([...transfer.files])
  say(`reading the folder ${folder.name}`)
  const files = []
  for (const entry of entries) await gather(entry, files)
  await upload(files, folder.name)
})

/** Collects the files of an entry and its subfolders. */
async function gather(entry, files) {
  if (entry.isFile) {
    if (!entry.name.startsWith('.')) files.push(await new Promise((done, failed) => entry.file(done, failed)))
    return
  }
  const reader = entry.createReader()
  for (;;) { // a reader returns only some entries at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed))
    if (!some.length) return
    for (const e of some) await gather(e, files)
  }
}
